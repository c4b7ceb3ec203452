// Wants the same events again and again.
import { definePlugin } from '@kec/plugin-api'

export default definePlugin({
  name: 'asks-for-ever',
  apiVersion: 1,
  setup(kec) {
    kec.hooks.onEvent.tapPromise('asks-for-ever', async (batch, delivery) => {
      for (const event of batch) delivery.retry(event)
    })
  },
})
