import { type Delivery, definePlugin, type KubeEvent } from '@kec/plugin-api'
import { z } from 'zod'

/** Posts each batch of events to a URL, as a JSON array. */
export default definePlugin({
  name: 'my-sink',
  apiVersion: 1,
  delivery: { maxBatch: 100, timeout: 10_000 },
  options: z.strictObject({
    /** Where events are posted. */
    url: z.url({ protocol: /^https?$/, error: 'must be a URL such as https://example.org/events' }),
    /** Sent as `Authorization: Bearer …`. */
    token: z.string().min(1).optional(),
  }),
  setup(kec, { url, token }) {
    const headers = { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) }

    /** Gives why the server refuses these events; undefined: it took them. Throws if they must come again. */
    async function post(events: readonly KubeEvent[], delivery: Delivery): Promise<string | undefined> {
      // Not redirected: that would turn the POST into a GET, and send the token elsewhere.
      const request = { method: 'POST', headers, body: JSON.stringify(events), redirect: 'manual', signal: delivery.signal } as const
      const answer = await fetch(url, request)
      await answer.body?.cancel() // not told: it may repeat the token
      if (answer.ok) return undefined
      const why = `the server answered ${answer.status}`
      // These blame what was sent. With all others (401, 404, 500 …) the events are good, and wait until the server is mended.
      if ([400, 413, 422].includes(answer.status)) return why
      delivery.slowDown(waitOf(answer.headers.get('retry-after')))
      throw new Error(why)
    }

    kec.hooks.onEvent.tapPromise('my-sink', async (batch, delivery) => {
      if ((await post(batch, delivery)) === undefined) return
      // One of them is to blame: each on its own.
      const open = [...batch]
      try {
        for (const event of batch) {
          const refusal = await post([event], delivery)
          if (refusal !== undefined) delivery.reject(event, refusal)
          open.shift()
        }
      } catch (error) {
        if (open.length === batch.length) throw error
        for (const event of open) delivery.retry(event) // the others are settled
        kec.log.warn('a part of a batch comes again', { reason: String(error) })
      }
    })
  },
})

/** Retry-After in ms: seconds, or a date, but an hour at most, whatever the server says; 0 without one. */
function waitOf(retryAfter: string | null): number {
  if (retryAfter === null) return 0
  const wait = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1_000 : Date.parse(retryAfter) - Date.now()
  return wait > 0 ? Math.min(wait, 3_600_000) : 0 // neither a date that is over nor what is none
}
