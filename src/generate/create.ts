import { setTimeout } from 'node:timers/promises'
import type { ApiRequest, Cluster } from '../cluster/cluster.ts'
import { KecError } from '../errors.ts'
import { type ApiObject, ask } from './api.ts'
import { newEvent } from './event.ts'
import type { Target } from './target.ts'
import type { Wish } from './wish.ts'

/** Requests that are under way at the same time, so that a far API server does not bound the rate. */
const concurrency = 16

type Done = (event: ApiObject) => void

/** Creates `count` events; those under way are waited for when it is aborted or one fails. */
export async function createEvents(cluster: Cluster, target: Target, wish: Wish, signal: AbortSignal, done: Done): Promise<void> {
  const turn = turns(wish.rate)
  let next = 0
  let failed: unknown
  const work = async () => {
    while (next < wish.count && failed === undefined && !signal.aborted) {
      next++
      try {
        await turn(signal)
        done(await createEvent(cluster, target, wish, signal))
      } catch (error) {
        failed ??= error
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, wish.count) }, work))
  if (failed !== undefined && !signal.aborted) throw failed
}

/** Creates one event and lets it happen again, `repeat` times in all, each time as an update of its count. */
export async function repeatEvent(cluster: Cluster, target: Target, wish: Wish, signal: AbortSignal, done: Done): Promise<void> {
  const turn = turns(wish.rate)
  const first = new Date()
  await turn(signal)
  const event = await createEvent(cluster, target, wish, signal)
  done(event)
  // Only core/v1 lets a count change.
  const path = `${eventsPath('/api/v1', target)}/${event.metadata?.name}`
  for (let count = 2; count <= wish.repeat && !signal.aborted; count++) {
    await turn(signal)
    const body = { count, firstTimestamp: seconds(first), lastTimestamp: seconds(new Date()) }
    done(await send(cluster, path, { method: 'PATCH', contentType: 'application/merge-patch+json', body }, signal))
  }
}

function createEvent(cluster: Cluster, target: Target, wish: Wish, signal: AbortSignal): Promise<ApiObject> {
  return send(cluster, eventsPath('/apis/events.k8s.io/v1', target), { method: 'POST', body: newEvent(target, wish) }, signal)
}

const eventsPath = (group: string, { namespace }: Target) => `${group}/namespaces/${namespace}/events`

/** core/v1's times have no fractions. */
const seconds = (date: Date) => `${date.toISOString().slice(0, 19)}Z`

/** Waits and tries again while the API server is too busy. A request that is under way is not aborted: it would leave open what became of it. */
async function send(cluster: Cluster, path: string, request: ApiRequest, signal: AbortSignal): Promise<ApiObject> {
  for (;;) {
    const { ok, status, body, refusal, retryAfter = 1000 } = await ask(cluster, path, request)
    if (ok) return body
    if (status !== 429)
      throw new KecError('KEC_GENERATE', `the API server refuses the event: ${refusal}`, 'Its words say what it wants instead.')
    await setTimeout(retryAfter, undefined, { signal })
  }
}

/** Gives each caller its turn, `rate` of them in a second. */
function turns(rate: number | undefined): (signal: AbortSignal) => Promise<void> {
  if (rate === undefined) return async () => {}
  const began = performance.now()
  let given = 0
  return async signal => {
    const wait = began + (given++ * 1000) / rate - performance.now()
    if (wait > 0) await setTimeout(wait, undefined, { signal })
  }
}
