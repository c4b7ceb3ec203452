export default {
  plugins: [{ use: '../bad-plugins/picky.ts', options: { url: '${env:KEC_TEST_NOT_SET}/${file:/nowhere/secret}' } }],
}
