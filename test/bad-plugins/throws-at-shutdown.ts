// Its onShutdown throws.
import { definePlugin } from '@kec/plugin-api'

export default definePlugin({
  name: 'throws-at-shutdown',
  apiVersion: 1,
  setup(kec) {
    kec.hooks.onEvent.tap('throws-at-shutdown', () => {})
    kec.hooks.onShutdown.tap('throws-at-shutdown', () => {
      throw new Error('already closed')
    })
  },
})
