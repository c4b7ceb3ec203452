// Never answers, whatever its signal says.
import { definePlugin } from '@kec/plugin-api'

export default definePlugin({
  name: 'hangs',
  apiVersion: 1,
  delivery: { timeout: 10 },
  setup(kec) {
    kec.hooks.onEvent.tapPromise('hangs', () => new Promise(() => {}))
    kec.hooks.onShutdown.tapAsync('hangs', () => {})
  },
})
