import { definePlugin, type KubeEvent } from '@kec/plugin-api'
import { z } from 'zod'
import { sign } from './signature.ts'

/** These say that the events are at fault. With all others it is the receiver, or the configuration, and no event is put aside for that. */
const refusals = new Set([400, 413, 422])

/** Posts each batch as a JSON array; with a secret, signed. */
export default definePlugin({
  name: 'webhook',
  apiVersion: 1,
  delivery: { maxBatch: 100 },
  options: z.strictObject({
    url: z.url({ protocol: /^https?$/ }).describe('where events are posted'),
    secret: z.string().min(16).optional().describe('signs each request; the receiver must know it'),
  }),
  setup(kec, { url, secret }) {
    const receiver = `the webhook at ${new URL(url).origin}` // the rest of the URL may be a secret

    async function post(events: readonly KubeEvent[], signal: AbortSignal): Promise<Response> {
      const body = JSON.stringify(events)
      const timestamp = String(Math.floor(Date.now() / 1000))
      const signed = secret === undefined ? {} : { 'kec-timestamp': timestamp, 'kec-signature': sign(secret, timestamp, body) }
      try {
        const headers = { 'content-type': 'application/json', ...signed }
        const answer = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' }) // events go nowhere else
        await answer.body?.cancel()
        return answer
      } catch (error) {
        throw new Error(`${receiver} does not answer: ${reasonOf(error)}`, { cause: error })
      }
    }

    kec.hooks.onEvent.tapPromise('webhook', async (batch, delivery) => {
      const open = new Set(batch)
      const settle = (events: readonly KubeEvent[]) => {
        for (const event of events) open.delete(event)
      }

      async function hand(events: readonly KubeEvent[]): Promise<void> {
        const { ok, status, headers } = await post(events, delivery.signal)
        if (ok) return settle(events)
        const why = `${receiver} answered ${status}`
        if (!refusals.has(status)) {
          delivery.slowDown(waitOf(headers.get('retry-after')))
          throw new Error(why)
        }
        const [first] = events
        if (first !== undefined && events.length === 1) {
          delivery.reject(first, why)
          return settle(events)
        }
        const middle = Math.ceil(events.length / 2)
        await hand(events.slice(0, middle))
        await hand(events.slice(middle))
      }

      try {
        await hand(batch)
      } catch (error) {
        if (open.size === batch.length) throw error // all of it comes again
        for (const event of open) delivery.retry(event) // the others need not
        kec.log.warn('a part of a batch must come again', { reason: reasonOf(error) })
      }
    })
  },
})

/** ms; nobody makes us wait for longer than an hour. Seconds or a date, as HTTP has it; 0 if there is none. */
function waitOf(retryAfter: string | null): number {
  if (retryAfter === null) return 0
  const wait = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - Date.now()
  return Math.min(Math.max(wait, 0), 3_600_000) || 0
}

/** fetch says only that it failed; its cause says why. */
function reasonOf(error: unknown): string {
  const cause = error instanceof TypeError ? (error.cause ?? error) : error
  if (!(cause instanceof Error)) return String(cause)
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message
}
