import { setTimeout as sleep } from 'node:timers/promises'
import { asFailure, Failure, failureInStream } from './failure.ts'
import type { Frame } from './frames.ts'
import { checkHistory } from './history.ts'
import { Intake } from './intake.ts'
import { Lister, type ListerSetup } from './lister.ts'
import { type WatchSetup, watchOnce } from './open-watch.ts'
import type { ListCause, Position, Read } from './read.ts'
import { Trouble } from './trouble.ts'

export interface StreamSetup extends ListerSetup, WatchSetup {
  /** Where it stood when kec last ran. */
  readonly position: Position | undefined
  /** Stores the read. If it throws, the read comes again. */
  readonly save: (read: Read) => void
}

/**
 * One list + watch. It lists when it must (ListCause), else makes sure that the API server's history is the one it knows, then watches from
 * its position until the watch ends, and so on. Nothing is remembered that was not saved: a read that could not be saved is saved before
 * anything else is read.
 */
export class Stream {
  readonly #setup: StreamSetup
  readonly #lister: Lister
  readonly #trouble: Trouble
  readonly #counts = { lists: 0, watches: 0, relists: {} as Partial<Record<ListCause, number>> }
  #position: Position
  /** Why to list next, if at all. */
  #cause: ListCause | undefined
  #unsaved: Read | undefined
  /** Nothing can have been missed since #position.seen: a watch lived to its end, and no request failed since. */
  #unbroken = false
  /** Of the watch that is open. */
  #frameCount = 0
  #listed: boolean
  #connected = false
  #lagSeconds = 0

  constructor(setup: StreamSetup) {
    const { key, log, timing, position, selectors } = setup
    this.#setup = setup
    this.#lister = new Lister(setup)
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
    const { relists } = this.#counts
    this.#counts.lists++
    if (cause !== 'first') relists[cause] = (relists[cause] ?? 0) + 1
    try {
      for await (const { read, unusable, isLast, isReplaced } of this.#lister.pages(this.#position, cause, this.#unbroken, signal)) {
        this.#noteUnusable(unusable)
        if (isLast) this.#cause = undefined
        // If this list is given up, the next one may have passed the position's version, and prove nothing.
        else if (isReplaced) this.#cause = 'replaced'
        this.#save(read)
      }
    } finally {
      // What goes after the first page is in no later list.
      this.#unbroken = false
    }
  }

  /** Watches from the position until the watch ends. */
  async #watch(signal: AbortSignal): Promise<void> {
    const began = performance.now()
    this.#frameCount = 0
    const watcher = {
      position: () => this.#position,
      frameCount: () => this.#frameCount,
      opened: () => this.#opened(),
      take: (frames: readonly Frame[]) => this.#takeFrames(frames),
    }
    try {
      if ((await watchOnce(this.#setup, watcher, signal)) === 'ended') this.#endedWell()
      else await this.#afterDistrust(signal)
    } catch (error) {
      // Answered "gone" at once, the watch never was: whatever held before it still holds.
      if (this.#frameCount > 0 || asFailure(error).reason !== 'gone') this.#unbroken = false
      if (performance.now() - began > this.#setup.timing.backoff[1]) this.#trouble.progress()
      throw error
    }
  }

  #opened(): void {
    this.#counts.watches++
    this.#connected = true
    this.#trouble.answered()
  }

  #endedWell(): void {
    const { key, ledger, cluster } = this.#setup
    this.#unbroken = true
    this.#trouble.progress()
    this.#save(new Intake(key, ledger, cluster, this.#position).read({ seen: Date.now() }))
  }

  async #afterDistrust(signal: AbortSignal): Promise<void> {
    this.#unbroken = false
    this.#trouble.progress()
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
      this.#noteUnusable(intake.unusable)
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

  #noteUnusable(unusable: number): void {
    if (unusable === 0) return
    this.#trouble.count('garbage', unusable)
    this.#setup.log.warn(`the API server sent ${unusable} objects without uid or version; they are skipped`, { stream: this.#setup.key })
  }
}
