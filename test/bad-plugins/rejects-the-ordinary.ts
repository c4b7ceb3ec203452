// Takes warnings only, and calls the rest impossible.
import { definePlugin } from '@kec/plugin-api'

export default definePlugin({
  name: 'rejects-the-ordinary',
  apiVersion: 1,
  setup(kec) {
    kec.hooks.onEvent.tapPromise('rejects-the-ordinary', async (batch, delivery) => {
      for (const event of batch) if (event.type === 'Normal') delivery.reject(event, 'no warning')
    })
  },
})
