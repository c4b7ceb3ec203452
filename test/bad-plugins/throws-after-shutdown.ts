// Its onShutdown leaves a timer behind that throws when all is over.
import { definePlugin } from '@kec/plugin-api'

export default definePlugin({
  name: 'throws-after-shutdown',
  apiVersion: 1,
  setup(kec) {
    kec.hooks.onEvent.tap('throws-after-shutdown', () => {})
    kec.hooks.onShutdown.tap('throws-after-shutdown', () => {
      setTimeout(() => {
        throw new Error('already closed')
      }, 20)
    })
  },
})
