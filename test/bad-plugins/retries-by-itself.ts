// Does not trust kec to try again.
import { definePlugin } from '@kec/plugin-api'
import { options } from '../fake-system.ts'

export default definePlugin({
  name: 'retries-by-itself',
  apiVersion: 1,
  options,
  setup(kec, { system }) {
    kec.hooks.onEvent.tapPromise('retries-by-itself', async (batch, delivery) => {
      for (let attempt = 1; ; attempt++) {
        try {
          return await system.take(batch, delivery.signal)
        } catch (error) {
          if (attempt === 3) throw error
        }
      }
    })
  },
})
