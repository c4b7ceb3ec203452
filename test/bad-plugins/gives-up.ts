// Rejects events because its system is down.
import { definePlugin } from '@kec/plugin-api'
import { options } from '../fake-system.ts'

export default definePlugin({
  name: 'gives-up',
  apiVersion: 1,
  options,
  setup(kec, { system }) {
    kec.hooks.onEvent.tapPromise('gives-up', async (batch, delivery) => {
      await system.take(batch, delivery.signal).catch(error => {
        for (const event of batch) delivery.reject(event, String(error))
      })
    })
  },
})
