import type { Log } from '@kec/plugin-api'
import type { EventsApi } from './events-api.ts'
import { Failure } from './failure.ts'
import type { Frame } from './frames.ts'
import { isAsItWas } from './history.ts'
import type { Position } from './read.ts'
import { distrust } from './silence.ts'
import type { Timing } from './timing.ts'
import { readWatch } from './watch.ts'

export interface WatchSetup {
  /** The stream's name. */
  readonly key: string
  readonly api: EventsApi
  readonly log: Log
  readonly timing: Timing
}

/** The stream that watches. */
export interface Watcher {
  /** Where it stands now. */
  position(): Position
  /** Frames of this watch so far. */
  frameCount(): number
  opened(): void
  take(frames: readonly Frame[]): void
}

/** ms. A watch that ends sooner, and brought nothing, is no watch. */
const shortestWatch = 500

/**
 * Opens a watch at the watcher's position, hands over its frames, and sees to it that it ends in time and is not silent over another history.
 * Resolves when the API server ended it in good order, or when it is silent and not to be trusted. Throws Failure for any other end.
 */
export async function watchOnce(
  { key, api, log, timing }: WatchSetup,
  watcher: Watcher,
  signal: AbortSignal,
): Promise<'ended' | 'distrusted'> {
  const from = watcher.position().version
  const [least, most] = timing.watchSeconds
  const seconds = Math.round(least + Math.random() * (most - least))
  const tooLong = new Failure('connection', `the watch was to end after ${seconds} s and did not`)
  const distrusted = new Failure('connection', 'the watch is silent although there is news')
  const own = new AbortController()
  const either = AbortSignal.any([signal, own.signal])
  const deadline = setTimeout(() => own.abort(tooLong), seconds * 1000 + timing.watchSlack)
  const began = performance.now()
  try {
    const { body } = await api.watch(from, seconds, either)
    watcher.opened()
    const isTrusted = () =>
      isAsItWas(api, watcher.position(), either).catch(error => {
        log.debug(`could not look behind a silent watch: ${error.message}`, { stream: key })
        return true
      })
    distrust(timing.silence, () => watcher.frameCount(), isTrusted, either).then(
      () => own.abort(distrusted),
      () => undefined, // the watch is over
    )
    await readWatch(body, frames => watcher.take(frames))
    if (watcher.position().version === from && performance.now() - began < shortestWatch)
      throw new Failure('connection', 'the API server ends each watch at once')
    return 'ended'
  } catch (error) {
    if (own.signal.reason === distrusted) return 'distrusted'
    throw own.signal.aborted ? own.signal.reason : error
  } finally {
    clearTimeout(deadline)
    own.abort()
  }
}
