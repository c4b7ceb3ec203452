import { setTimeout } from 'node:timers/promises'
import type { Cluster } from '../cluster/cluster.ts'
import type { ApiObject } from './api.ts'
import { newEvent } from './event.ts'
import { now } from './moment.ts'
import { countOf, seriesOf } from './repeats.ts'
import { eventIn, eventsPath, patch, send } from './send.ts'
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

/** Creates one event and lets it happen again, `repeat` times in all, each time as an update of its count, or of its series. */
export async function repeatEvent(cluster: Cluster, target: Target, wish: Wish, signal: AbortSignal, done: Done): Promise<void> {
  const turn = turns(wish.rate)
  const first = now()
  await turn(signal)
  const event = await createEvent(cluster, target, wish, signal)
  done(event)
  // Only core/v1 lets a count change, and events.k8s.io/v1 nothing but a series.
  const group = wish.series ? 'events.k8s.io/v1' : 'v1'
  const path = `${eventsPath(group, target.namespace)}/${event.metadata?.name}`
  for (let count = 2; count <= wish.repeat && !signal.aborted; count++) {
    await turn(signal)
    const body = wish.series ? seriesOf(count, now()) : countOf(count, first, now())
    done(eventIn(await send(cluster, path, patch(body), signal)))
  }
}

async function createEvent(cluster: Cluster, target: Target, wish: Wish, signal: AbortSignal): Promise<ApiObject> {
  return eventIn(
    await send(cluster, eventsPath('events.k8s.io/v1', target.namespace), { method: 'POST', body: newEvent(target, wish) }, signal),
  )
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
