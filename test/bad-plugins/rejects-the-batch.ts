// Rejects all events of a batch when its system refuses one.
import { definePlugin } from '@kec/plugin-api'
import { options } from '../fake-system.ts'

export default definePlugin({
  name: 'rejects-the-batch',
  apiVersion: 1,
  options,
  setup(kec, { system }) {
    kec.hooks.onEvent.tapPromise('rejects-the-batch', async (batch, delivery) => {
      try {
        await system.take(batch, delivery.signal)
      } catch (error) {
        if (!String(error).includes('refuses')) throw error
        for (const event of batch) delivery.reject(event, String(error))
      }
    })
  },
})
