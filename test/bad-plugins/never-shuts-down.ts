// Its onShutdown does not end.
import { definePlugin } from '@kec/plugin-api'

export default definePlugin({
  name: 'never-shuts-down',
  apiVersion: 1,
  setup(kec) {
    kec.hooks.onEvent.tap('never-shuts-down', () => {})
    kec.hooks.onShutdown.tapPromise('never-shuts-down', () => new Promise(() => {}))
  },
})
