import { definePlugin } from '@kec/plugin-api'
import { z } from 'zod'

export default definePlugin({
  name: 'webhook',
  apiVersion: 1,
  options: z.strictObject({ url: z.url() }),
  setup(kec, options) {
    kec.hooks.onEvent.tapPromise('webhook', async (batch, delivery) => {
      const answer = await fetch(options.url, { method: 'POST', body: JSON.stringify(batch), signal: delivery.signal })
      if (!answer.ok) throw new Error(`webhook answered ${answer.status}`) // the batch comes again
    })
  },
})
