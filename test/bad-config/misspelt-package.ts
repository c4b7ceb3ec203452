import { definePlugin } from '@kec/plugin-ap'
export default { plugins: [definePlugin({ name: 'misspelt', apiVersion: 1, setup() {} })()] }
