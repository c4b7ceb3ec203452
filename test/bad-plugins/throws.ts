// Throws at every batch.
import { definePlugin } from '@kec/plugin-api'

export default definePlugin({
  name: 'throws',
  apiVersion: 1,
  setup(kec) {
    kec.hooks.onEvent.tap('throws', () => {
      throw new Error('always')
    })
  },
})
