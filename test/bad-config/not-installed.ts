import pager from 'kec-plugin-that-is-not-there'
export default { plugins: [pager()] }
