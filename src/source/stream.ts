import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '@kec/plugin-api'
import type { ClusterIdentity } from '../event.ts'
import type { EventsApi } from './events-api.ts'
import { asFailure, Failure, failureInStream } from './failure.ts'
import type { Frame } from './frames.ts'
import { checkHistory, isAsItWas } from './history.ts'
import { Intake } from './intake.ts'
import type { Ledger } from './ledger.ts'
import { pageSizes } from './list-all.ts'
import { ListProgress } from './list-progress.ts'
import { takeOutGarbage } from './memory.ts'
import type { ListCause, Position, Read } from './read.ts'
import { distrust } from './silence.ts'
import type { Timing } from './timing.ts'
import { Trouble } from './trouble.ts'
import { compareVersions } from './version.ts'
import { readWatch } from './watch.ts'

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

/** Events of a list between which the garbage is taken out. */
const garbageAfter = 4_000
/** ms. A watch that ends sooner, and brought nothing, is no watch. */
const shortestWatch = 500

/**
 * One list + watch. It lists when it must (ListCause), else makes sure that the API server's history is the one it knows, then watches from
 * its position until the watch ends, and so on. Nothing is remembered that was not saved: a read that could not be saved is saved before
 * anything else is read.
 */
export class Stream {
  readonly #setup: StreamSetup
  readonly #trouble: Trouble
  readonly #counts = { lists: 0, watches: 0, relists: {} as Partial<Record<ListCause, number>> }
  #position: Position
  /** Why to list next, if at all. */
  #cause: ListCause | undefined
  #unsaved: Read | undefined
  /** Nothing can have been missed since #position.seen: a watch lived to its end, and no request failed since. */
  #unbroken = false
  #pageSize = 0
  /** Of the watch that is open. */
  #frameCount = 0
  #listed: boolean
  #connected = false
  #lagSeconds = 0

  constructor(setup: StreamSetup) {
    const { key, log, timing, position, selectors } = setup
    this.#setup = setup
    this.#trouble = new Trouble(key, log, timing.backoff)
    this.#position = position ?? { version: '', historical: '', epoch: 1, seen: 0, held: [], anchors: [], trusted: 0, selectors }
    this.#listed = this.#position.version !== ''
    if (!this.#listed) this.#cause = 'first'
    else if (this.#position.selectors !== selectors) this.#cause = 'selectors'
  }

  get position(): Position {
    return this.#position
  }

  get status() {
    return {
      ...this.#counts,
      /** The first list is through, in this run or an earlier one. */
      listed: this.#listed,
      connected: this.#connected,
      failing: this.#trouble.failing,
      failures: this.#trouble.counts,
      /** Seconds between the newest event's own time and its arrival. */
      lagSeconds: this.#lagSeconds,
    }
  }

  /** Is all that was read stored? If not, the ledger knows of events that nobody will ever get: it must not be stored either. */
  get isSaved(): boolean {
    return this.#unsaved === undefined
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (this.#unsaved) this.#save(this.#unsaved)
        if (this.#cause === undefined) await this.#checkHistory(signal)
        if (this.#cause !== undefined) await this.#list(this.#cause, signal)
        await this.#watch(signal)
      } catch (error) {
        if (!signal.aborted) await this.#recover(asFailure(error), signal)
      }
    }
    this.#connected = false
    try {
      if (this.#unsaved) this.#save(this.#unsaved)
    } catch (error) {
      this.#trouble.report(asFailure(error))
    }
  }

  async #recover(failure: Failure, signal: AbortSignal): Promise<void> {
    this.#trouble.report(failure)
    if (failure.reason === 'gone') this.#cause ??= 'expired'
    else {
      this.#unbroken = false
      this.#connected = false
      if (this.#trouble.isStuck(failure, this.#position.version)) this.#cause ??= 'stuck'
    }
    await sleep(this.#trouble.wait(failure), undefined, { signal }).catch(() => undefined)
  }

  async #checkHistory(signal: AbortSignal): Promise<void> {
    const found = await checkHistory(this.#setup.api, this.#position, signal)
    if (typeof found === 'string') this.#isReplaced(found)
    else this.#position = { ...this.#position, held: found, anchors: found, trusted: Date.now() }
  }

  #isReplaced(found: 'replaced' | 'replaced unseen'): void {
    this.#cause = 'replaced'
    // The watch showed another history, nobody knows since when.
    if (found === 'replaced unseen') this.#position = { ...this.#position, seen: this.#position.trusted }
  }

  async #list(cause: ListCause, signal: AbortSignal): Promise<void> {
    const { api, ledger, key, cluster, selectors, log } = this.#setup
    const { relists } = this.#counts
    this.#counts.lists++
    if (cause !== 'first') relists[cause] = (relists[cause] ?? 0) + 1
    const before = this.#position
    const limit = pageSizes[this.#pageSize] ?? 10_000
    const began = Date.now()
    ledger.beginList()
    let page = await api.list(limit, '', signal)
    const recount = cause === 'replaced' || (before.version !== '' && compareVersions(page.version, before.version) < 0)
    const sure = before.version === '' || (this.#unbroken && !recount)
    const to = new Date()
    // A clock that was set back makes no gap that ends before it begins.
    const from = new Date(Math.min(before.seen, to.getTime()))
    const gap: Read['gap'] = sure ? undefined : { from, to, cause: recount ? 'replaced' : cause }
    const historical = before.historical === '' ? page.version : before.historical
    const epoch = before.epoch + (recount ? 1 : 0)
    const progress = new ListProgress(log, key)
    let held: Position['held'] = []
    let since = 0
    for (;;) {
      const intake = new Intake(key, ledger, cluster, { ...before, historical, epoch, held })
      for (const item of page.items) intake.listed(item, recount)
      this.#noteUnusable(intake)
      progress.page(page.items.length, page.remaining)
      if (page.continue === '') {
        ledger.endList()
        this.#cause = undefined
        this.#unbroken = false
        this.#pageSize = 0
        const now = { version: page.version, seen: began, selectors, anchors: intake.held, trusted: began }
        this.#save(intake.read(now, gap))
        progress.end()
        return
      }
      this.#save(intake.read({ epoch: before.epoch, held: before.held }))
      held = intake.held
      since += page.items.length
      if (since >= garbageAfter) {
        takeOutGarbage()
        since = 0
      }
      page = await this.#nextPage(limit, page.continue, signal)
    }
  }

  async #nextPage(limit: number, from: string, signal: AbortSignal) {
    try {
      return await this.#setup.api.list(limit, from, signal)
    } catch (error) {
      if (asFailure(error).reason === 'gone') {
        // The list took too long. The API server offers a token that leaves out what came meanwhile: begin again, with larger pages.
        this.#pageSize = Math.min(this.#pageSize + 1, pageSizes.length - 1)
        // What went since the first page is in no later list.
        this.#unbroken = false
      }
      throw error
    }
  }

  /** Watches from the position until the watch ends. */
  async #watch(signal: AbortSignal): Promise<void> {
    const { api, timing, log, key } = this.#setup
    const from = this.#position.version
    const [least, most] = timing.watchSeconds
    const seconds = Math.round(least + Math.random() * (most - least))
    const tooLong = new Failure('connection', `the watch was to end after ${seconds} s and did not`)
    const distrusted = new Failure('connection', 'the watch is silent although there is news')
    const own = new AbortController()
    const either = AbortSignal.any([signal, own.signal])
    const deadline = setTimeout(() => own.abort(tooLong), seconds * 1000 + timing.watchSlack)
    const opened = performance.now()
    this.#frameCount = 0
    try {
      const { body } = await api.watch(from, seconds, either)
      this.#counts.watches++
      this.#connected = true
      this.#trouble.answered()
      const isTrusted = () =>
        isAsItWas(api, this.#position, either).catch(error => {
          log.debug(`could not look behind a silent watch: ${error.message}`, { stream: key })
          return true
        })
      distrust(timing.silence, () => this.#frameCount, isTrusted, either).then(
        () => own.abort(distrusted),
        () => undefined, // the watch is over
      )
      await readWatch(body, frames => this.#takeFrames(frames))
      if (this.#position.version === from && performance.now() - opened < shortestWatch)
        throw new Failure('connection', 'the API server ends each watch at once')
      this.#endedWell()
    } catch (error) {
      // Answered "gone" at once, the watch never was: whatever held before it still holds.
      if (this.#frameCount > 0 || asFailure(error).reason !== 'gone') this.#unbroken = false
      if (performance.now() - opened > timing.backoff[1]) this.#trouble.progress()
      if (own.signal.reason === distrusted) await this.#afterDistrust(signal)
      else throw own.signal.aborted ? own.signal.reason : error
    } finally {
      clearTimeout(deadline)
      own.abort()
    }
  }

  #endedWell(): void {
    const { key, ledger, cluster } = this.#setup
    this.#unbroken = true
    this.#trouble.progress()
    this.#save(new Intake(key, ledger, cluster, this.#position).read({ seen: Date.now() }))
  }

  async #afterDistrust(signal: AbortSignal): Promise<void> {
    const found = await checkHistory(this.#setup.api, this.#position, signal)
    this.#cause = 'distrusted'
    if (typeof found === 'string') this.#isReplaced(found)
  }

  #takeFrames(frames: readonly Frame[]): void {
    const { key, ledger, cluster } = this.#setup
    const end = frames.findIndex(({ type }) => type === 'ERROR')
    const good = end < 0 ? frames : frames.slice(0, end)
    if (good.length > 0) {
      const before = this.#position.version
      const intake = new Intake(key, ledger, cluster, this.#position)
      for (const frame of good) intake.watched(frame)
      this.#frameCount += good.length
      this.#noteUnusable(intake)
      this.#save(intake.read({ seen: Date.now() }))
      if (this.#position.version !== before) this.#trouble.progress()
    }
    const error = frames[end]
    if (error) throw failureInStream(error.object)
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
    this.#listed = read.position.version !== ''
    if (read.gap) this.#setup.log.warn('events may have come and gone unseen', { stream: read.stream, ...read.gap })
    const newest = read.news.at(-1)?.event
    if (newest && !newest.historical) this.#lagSeconds = Math.max(0, (Date.now() - Date.parse(newest.time)) / 1000) || 0
  }

  #noteUnusable({ unusable }: Intake): void {
    if (unusable === 0) return
    this.#trouble.count('garbage', unusable)
    this.#setup.log.warn(`the API server sent ${unusable} objects without uid or version; they are skipped`, { stream: this.#setup.key })
  }
}
