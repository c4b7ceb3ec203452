// Wants events again after it has said that it took them.
import { definePlugin } from '@kec/plugin-api'

export default definePlugin({
  name: 'marks-late',
  apiVersion: 1,
  setup(kec) {
    kec.hooks.onEvent.tapPromise('marks-late', async (batch, delivery) => {
      setImmediate(() => {
        for (const event of batch) delivery.retry(event)
      })
    })
  },
})
