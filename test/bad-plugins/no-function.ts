// Taps without a function: tapable would take it, and the first batch would never end.
import { definePlugin } from '@kec/plugin-api'

export default definePlugin({
  name: 'no-function',
  apiVersion: 1,
  setup(kec) {
    kec.hooks.onEvent.tapPromise('no-function', undefined as never) // TypeScript refuses it; JavaScript does not
  },
})
