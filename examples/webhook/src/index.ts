import { definePlugin } from '@kec/plugin-api'
import { z } from 'zod'

/** Posts each batch as a JSON array. */
export default definePlugin({
  name: 'webhook',
  apiVersion: 1,
  delivery: { maxAttempts: 20 },
  options: z.strictObject({ url: z.url() }),
  setup(kec, options) {
    kec.hooks.onEvent.tapPromise('webhook', async (batch, delivery) => {
      const answer = await fetch(options.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(batch),
        signal: delivery.signal,
      })
      if (!answer.ok) throw new Error(`webhook answered ${answer.status}`) // the batch comes again
    })
  },
})
