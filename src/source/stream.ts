import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '@kec/plugin-api'
import type { ClusterIdentity } from '../event.ts'
import type { EventsApi } from './events-api.ts'
import { asFailure, Failure, type FailureCause, failureOf } from './failure.ts'
import type { Frame } from './frames.ts'
import { Intake } from './intake.ts'
import type { Ledger } from './ledger.ts'
import type { ListCause, Position, Read } from './read.ts'
import { compareVersions } from './version.ts'
import { readWatch } from './watch.ts'

/** All in ms, but for watchSeconds. */
export interface Timing {
  /** A watch is asked to end after a random time between these, in seconds. */
  readonly watchSeconds: readonly [number, number]
  /** How much longer the client waits for that end. */
  readonly watchSlack: number
  /** After so long without a frame the API server is asked whether its history is still the same. */
  readonly silence: number
  /** The first wait after a failure, which doubles, and the longest. */
  readonly backoff: readonly [number, number]
}

export const defaultTiming: Timing = { watchSeconds: [300, 600], watchSlack: 30_000, silence: 300_000, backoff: [500, 30_000] }

export interface StreamSetup {
  readonly key: string
  readonly api: EventsApi
  readonly cluster: ClusterIdentity
  readonly ledger: Ledger
  /** Where it stood when kec last ran. */
  readonly position: Position | undefined
  readonly selectors: string
  /** Stores the read. If it throws, the read comes again. */
  readonly save: (read: Read) => void
  readonly log: Log
  readonly timing: Timing
}

/** Pages of the first list; ten thousand when pages of 500 can't end before their token expires. */
const pageSizes = [500, 2_000, 10_000] as const
/** The same trouble so often at one position: list instead. */
const maxStrikes = 3
/** Of how many of a read's last frames the event is remembered as held. */
const heldFrames = 16
/** ms. A watch that ends sooner, and empty, is no watch. */
const shortestWatch = 500
/** ms between a first doubt and its consequence. */
const grace = 2_000

/**
 * One list + watch. It lists when it must (ListCause), else makes sure that the API server's history is the one it knows, then watches from
 * its position until the watch ends, and so on. Nothing is remembered that was not saved: a read that could not be saved is saved before
 * anything else is read.
 */
export class Stream {
  readonly status = {
    listed: false,
    connected: false,
    failing: undefined as string | undefined,
    lists: 0,
    watches: 0,
    relists: {} as Partial<Record<ListCause, number>>,
    failures: {} as Partial<Record<FailureCause, number>>,
    /** Seconds between the newest event's own time and its arrival. */
    lagSeconds: 0,
  }
  readonly #setup: StreamSetup
  #position: Position
  #unsaved: Read | undefined
  /** Nothing can have been missed since #position.seen: a watch lived to its end, and no request failed since. */
  #unbroken = false
  #pageSize = 0
  #strikes = { version: '', count: 0 }

  constructor(setup: StreamSetup) {
    this.#setup = setup
    this.#position = setup.position ?? { version: '', historical: '', epoch: 1, seen: 0, held: [], selectors: setup.selectors }
  }

  get position(): Position {
    return this.#position
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    let cause: ListCause | undefined
    if (this.#position.version === '') cause = 'first'
    else if (this.#position.selectors !== this.#setup.selectors) cause = 'selectors'
    let failures = 0
    while (!signal.aborted) {
      try {
        if (this.#unsaved) this.#save(this.#unsaved)
        if (cause === undefined) cause = await this.#isReplaced(signal)
        if (cause !== undefined) await this.#list(cause, signal)
        cause = undefined
        cause = await this.#watch(signal, () => {
          failures = 0
        })
      } catch (error) {
        if (signal.aborted) break
        const failure = asFailure(error)
        this.#report(failure)
        if (failure.reason === 'gone') cause ??= 'expired'
        else if (this.#isStuck(failure)) cause ??= 'stuck'
        const wait = failure.reason === 'gone' && failures === 0 ? 0 : this.#backoff(failures, failure.retryAfter)
        failures++
        await sleep(wait, undefined, { signal }).catch(() => undefined)
      }
    }
    this.status.connected = false
    this.#saveAtEnd()
  }

  /** Before a watch: the newest event that was held must have been just so at the position. */
  async #isReplaced(signal: AbortSignal): Promise<ListCause | undefined> {
    const { api } = this.#setup
    const { version, held } = this.#position
    const newest = held.at(-1)
    if (newest === undefined) return compareVersions(await api.versionNow(signal), version) < 0 ? 'replaced' : undefined
    return (await api.hadAt(newest, version, signal)) ? undefined : 'replaced'
  }

  async #list(cause: ListCause, signal: AbortSignal): Promise<void> {
    const { api, ledger, key, cluster } = this.#setup
    this.status.lists++
    if (cause !== 'first') this.status.relists[cause] = (this.status.relists[cause] ?? 0) + 1
    const before = this.#position
    const limit = pageSizes[this.#pageSize] ?? 10_000
    const began = Date.now()
    ledger.beginList()
    let page = await api.list(limit, '', signal)
    const recount: boolean = cause === 'replaced' || (before.version !== '' && compareVersions(page.version, before.version) < 0)
    const sure = before.version === '' || this.#unbroken
    const gap: Read['gap'] = sure ? undefined : { from: new Date(before.seen), to: new Date(began), cause: recount ? 'replaced' : cause }
    const historical = before.historical === '' ? page.version : before.historical
    let held: Position['held'] = []
    for (;;) {
      const last = page.continue === ''
      const intake = new Intake(key, ledger, cluster, { ...before, historical, epoch: before.epoch + (recount ? 1 : 0), held })
      for (const item of page.items) intake.listed(item, recount)
      this.#noteUnusable(intake)
      if (last) ledger.endList()
      const read = last
        ? intake.read({ version: page.version, seen: began, selectors: this.#setup.selectors }, gap)
        : intake.read({ epoch: before.epoch, held: before.held })
      held = intake.held
      this.#save(read)
      if (last) break
      try {
        page = await api.list(limit, page.continue, signal)
      } catch (error) {
        // The token of a list that took too long. What came so far is saved; the list starts again with larger pages.
        if (asFailure(error).reason === 'gone') this.#pageSize = Math.min(this.#pageSize + 1, pageSizes.length - 1)
        throw error
      }
    }
    this.#pageSize = 0
    this.#unbroken = false
    this.status.listed = true
    if (gap) this.#setup.log.warn('events may have come and gone unseen', { stream: key, ...gap })
  }

  /** Watches from the position until the watch ends. Resolves with the reason to list again, if there is one. */
  async #watch(signal: AbortSignal, onProgress: () => void): Promise<ListCause | undefined> {
    const { api, timing } = this.#setup
    const [least, most] = timing.watchSeconds
    const seconds = Math.round(least + Math.random() * (most - least))
    const distrust = new AbortController()
    const deadline = AbortSignal.timeout(seconds * 1000 + timing.watchSlack)
    const response = await api.watch(this.#position.version, seconds, AbortSignal.any([signal, deadline, distrust.signal]))
    const opened = Date.now()
    this.status.watches++
    this.#connected()
    let frameCount = 0
    const watchman = this.#watchSilence(() => frameCount, distrust)
    try {
      await readWatch(response.body, frames => {
        frameCount += frames.length
        onProgress()
        this.#takeFrames(frames)
      })
      if (frameCount === 0 && Date.now() - opened < shortestWatch) throw new Failure('connection', 'the API server ends each watch at once')
      this.#endedWell()
      onProgress()
      return undefined
    } catch (error) {
      // Answered "gone" at once, the watch never was: whatever held before it still holds.
      if (frameCount > 0 || asFailure(error).reason !== 'gone') this.#unbroken = false
      if (Date.now() - opened > timing.backoff[1]) onProgress()
      if (distrust.signal.aborted) return this.#afterDistrust(signal)
      if (deadline.aborted) throw new Failure('connection', `the watch was to end after ${seconds} s and did not`)
      throw error
    } finally {
      clearInterval(watchman)
    }
  }

  #endedWell(): void {
    const { key, ledger, cluster } = this.#setup
    this.#unbroken = true
    this.#save(new Intake(key, ledger, cluster, this.#position).read({ seen: Date.now() }))
  }

  /** A silent watch is healthy on a quiet cluster, and is what a replaced history looks like: ask. */
  #watchSilence(frameCount: () => number, distrust: AbortController): NodeJS.Timeout {
    const { timing } = this.#setup
    let before = 0
    const look = async () => {
      const frames = frameCount()
      if (frames !== before) {
        before = frames
        return
      }
      // What was there a moment ago may just have gone, and the watch be about to say so.
      if (await this.#isTrusted(distrust.signal)) return
      await sleep(Math.min(grace, timing.silence), undefined, { signal: distrust.signal })
      if (frameCount() === frames) distrust.abort()
    }
    return setInterval(
      () => look().catch(error => this.#setup.log.debug(`could not look behind a silent watch: ${error.message}`)),
      timing.silence,
    )
  }

  async #afterDistrust(signal: AbortSignal): Promise<ListCause> {
    try {
      return (await this.#isReplaced(signal)) ?? 'distrusted'
    } catch (error) {
      if (asFailure(error).reason === 'gone') return 'distrusted'
      throw error
    }
  }

  #takeFrames(frames: readonly Frame[]): void {
    const { key, ledger, cluster } = this.#setup
    const intake = new Intake(key, ledger, cluster, this.#position)
    let error: Frame['object'] | undefined
    for (let i = 0; i < frames.length; i++) {
      const frame = frames[i]
      if (frame === undefined) continue
      if (frame.type === 'ERROR') {
        error = frame.object
        break
      }
      intake.watched(frame, i >= frames.length - heldFrames)
    }
    this.#noteUnusable(intake)
    this.#save(intake.read({ seen: Date.now() }))
    if (error) throw failureOf(error.code ?? 500, error)
  }

  /** While a watch is silent: the newest event that was held must still be just so, and the version of now not below the position. */
  async #isTrusted(signal: AbortSignal): Promise<boolean> {
    const { api } = this.#setup
    const { version, held } = this.#position
    const newest = held.at(-1)
    if (newest === undefined) return compareVersions(await api.versionNow(signal), version) >= 0
    const page = await api.asItIsNow(newest, signal)
    const same = page.items.some(item => item.metadata?.uid === newest.uid && item.metadata.resourceVersion === newest.version)
    return same && compareVersions(page.version, version) >= 0
  }

  #save(read: Read): void {
    this.#unsaved = read
    this.#position = read.position
    try {
      this.#setup.save(read)
    } catch (error) {
      throw new Failure('journal', error instanceof Error ? error.message : String(error))
    }
    this.#unsaved = undefined
    const newest = read.news.at(-1)?.event
    if (newest && !newest.historical) this.status.lagSeconds = Math.max(0, (Date.now() - Date.parse(newest.time)) / 1000) || 0
  }

  /** Is all that was read stored? If not, the ledger knows of events that nobody will ever get: it must not be stored either. */
  get isSaved(): boolean {
    return this.#unsaved === undefined
  }

  #saveAtEnd(): void {
    try {
      if (this.#unsaved) this.#save(this.#unsaved)
    } catch (error) {
      this.#report(asFailure(error))
    }
  }

  #backoff(failures: number, retryAfter: number | undefined): number {
    const [first, longest] = this.#setup.timing.backoff
    return Math.max(retryAfter ?? 0, Math.min(longest, first * 2 ** failures) * (0.5 + Math.random() / 2))
  }

  /** The same in-stream error, or garbage, again and again at one position. */
  #isStuck(failure: Failure): boolean {
    if (failure.reason !== 'server_error' && failure.reason !== 'garbage' && failure.reason !== 'bad_request') return false
    const { version } = this.#position
    this.#strikes = { version, count: this.#strikes.version === version ? this.#strikes.count + 1 : 1 }
    return this.#strikes.count % maxStrikes === 0
  }

  #noteUnusable(intake: Intake): void {
    if (intake.unusable === 0) return
    this.status.failures.garbage = (this.status.failures.garbage ?? 0) + intake.unusable
    this.#setup.log.warn(`the API server sent ${intake.unusable} objects without uid or version; they are skipped`, {
      stream: this.#setup.key,
    })
  }

  #report(failure: Failure): void {
    if (failure.reason !== 'gone') {
      this.#unbroken = false
      this.status.connected = false
    }
    this.status.failures[failure.reason] = (this.status.failures[failure.reason] ?? 0) + 1
    const { log, key } = this.#setup
    if (failure.reason === 'gone') log.info('the position has expired at the API server: listing again', { stream: key })
    else if (this.status.failing !== failure.message) log.warn(failure.message, { stream: key, cause: failure.reason })
    else log.debug(failure.message, { stream: key, cause: failure.reason })
    if (failure.reason !== 'gone') this.status.failing = failure.message
  }

  #connected(): void {
    this.status.connected = true
    if (this.status.failing === undefined) return
    this.#setup.log.info('the API server answers again', { stream: this.#setup.key })
    this.status.failing = undefined
  }
}
