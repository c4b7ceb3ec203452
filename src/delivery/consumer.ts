import { setImmediate as turn } from 'node:timers/promises'
import type { DeliveryOptions, Hooks, Json, KubeEvent, Log } from '@kec/plugin-api'
import { errorOf, messageOf } from '../errors.ts'
import { type Batch, Gatherer, halve } from './batch.ts'
import type { Acknowledgement, ConsumerJournal, Cursor } from './consumer-journal.ts'
import { Handover } from './handover.ts'
import { type Outcome, remainder, settle } from './settle.ts'
import { SinkState } from './state.ts'

export interface ConsumerSetup {
  /** Keys the cursor: unique, and the same over restarts. */
  readonly name: string
  readonly journal: ConsumerJournal
  readonly delivery: DeliveryOptions
  /** Which events the sink gets; all, if there is none. */
  readonly matches?: ((event: KubeEvent) => boolean) | undefined
  readonly log: Log
  /** ms. The first wait after a failure, which doubles, and the longest. */
  readonly backoff?: readonly [number, number]
  /** Called with the seconds that each batch took. */
  readonly onBatch?: (seconds: number) => void
}

/** How many new events one step looks at before the others have their turn. */
const step = 500
/** ms. A timer takes no more; who waits looks again afterwards. */
const longestTimer = 2 ** 31 - 1
const defaults = { maxBatch: 500, linger: 0, timeout: 30_000, maxAttempts: Number.POSITIVE_INFINITY }

/**
 * One for each sink. Its states, and what moves it on:
 *
 *     idle        all is settled; an append wakes it
 *     lingering   a batch is not full, and may wait; full, or `linger` is over
 *     delivering  the sink has a batch; the real end of onEvent, whenever that is
 *     waiting     the sink failed, or asked to be left alone; time
 *     stopped     told to, and drained; or its time was up
 *
 * What must come again is tried before anything newer. A batch becomes true by one acknowledgement: cursor, counts and the plugin's state.
 */
export class Consumer {
  readonly name: string
  readonly state: SinkState
  readonly #setup: ConsumerSetup
  readonly #delivery: Required<DeliveryOptions>
  readonly #gatherer: Gatherer
  /** Before anything newer, first of all the last one. */
  readonly #again: Batch[] = []
  #hooks: Pick<Hooks, 'onEvent'> | undefined
  #cursor: Cursor
  #wakes: (() => void)[] = []
  #now: 'idle' | 'lingering' | 'delivering' | 'waiting' | 'stopped' = 'idle'
  #stopping = false
  #stopSignal: AbortSignal | undefined
  #handover: Handover | undefined
  #running: Promise<void> = Promise.resolve()
  /** Failures in a row. */
  #failures = 0
  #notBefore = 0
  #retries = 0
  #lastError: string | undefined
  #lastSuccess: Date | undefined
  #since: Date | undefined

  /** Joins the journal. */
  constructor(setup: ConsumerSetup) {
    const { name, journal, delivery, matches } = setup
    this.name = name
    this.#setup = setup
    this.#delivery = { ...defaults, ...delivery }
    this.#cursor = journal.join(name, 'now')
    this.state = new SinkState(journal.state(name))
    this.#gatherer = new Gatherer(this.#cursor.seq, this.#delivery.maxBatch, matches)
    journal.onNews(() => this.#wake())
  }

  /** Begins to deliver. */
  start(hooks: Pick<Hooks, 'onEvent'>): void {
    this.#hooks = hooks
    this.#takeUpRetries()
    this.#running = this.#run()
  }

  /** Delivers what is there, then stops. When the signal aborts, so does the batch in flight. Resolves once onEvent has really ended. */
  async stop(signal: AbortSignal): Promise<void> {
    this.#stopping = true
    if (this.#hooks === undefined) this.#now = 'stopped' // it was never started, so nobody is to be waited for
    const abort = () => {
      this.#handover?.abort(new Error('kec stops and does not wait longer'))
      this.#wake()
    }
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    this.#stopSignal = signal
    this.#wake()
    await this.#running
  }

  get status() {
    const { seq, retry, counts, joined } = this.#cursor
    return {
      name: this.name,
      state: this.#now,
      /** Since it joined. */
      journaled: this.#setup.journal.head - joined,
      ...counts,
      rejected: this.#cursor.dead.lying + counts.discarded,
      pending: this.#setup.journal.head - seq + retry.length,
      retries: this.#retries,
      lastError: this.#lastError,
      lastSuccess: this.#lastSuccess,
      /** Since when the sink has had the batch that it has now. */
      inFlightSince: this.#since,
    }
  }

  get #outOfTime(): boolean {
    return this.#stopSignal?.aborted ?? false
  }

  async #run(): Promise<void> {
    while (!this.#outOfTime) {
      await this.#pause()
      // A sink that fails, or wants to be left alone, is not asked again by a stop.
      if (this.#outOfTime || (this.#stopping && (this.#failures > 0 || performance.now() < this.#notBefore))) break
      const batch = this.#nextOrFailure()
      if (batch === 'failed') continue
      if (batch !== undefined) {
        if (!(await this.#deliver(batch))) break
        await turn()
      } else if (this.#gatherer.room > 0 && this.#gatherer.end < this.#setup.journal.head) await turn()
      else if (this.#stopping) break
      else if (this.#gatherer.isEmpty) await this.#sleep('idle')
      else await this.#sleep('lingering', this.#gatherer.since + this.#delivery.linger - performance.now())
    }
    this.#now = 'stopped'
  }

  /** What to try now: what must come again, else what is new and full, or has waited long enough. */
  #next(): Batch | undefined {
    const again = this.#again.pop()
    if (again !== undefined) return again
    const gatherer = this.#gatherer
    const { journal } = this.#setup
    for (let looked = 0; gatherer.room > 0 && looked < step && gatherer.end < journal.head; ) {
      const { first, events } = journal.read(gatherer.end, gatherer.room)
      if (events.length === 0) break
      gatherer.take(first, events)
      looked += events.length
    }
    if (gatherer.isEmpty && gatherer.skipped === 0) return undefined
    const due = gatherer.room === 0 || gatherer.isEmpty || performance.now() >= gatherer.since + this.#delivery.linger
    return due ? gatherer.batch() : undefined
  }

  /** A journal that can't be read is tried again, as a sink is. */
  #nextOrFailure(): Batch | undefined | 'failed' {
    try {
      return this.#next()
    } catch (error) {
      this.#failed(errorOf(error).message)
      return 'failed'
    }
  }

  /** False if kec stops and the outcome could not be noted. */
  async #deliver(batch: Batch): Promise<boolean> {
    if (batch.events.length === 0) return this.#commit(batch, { delivered: 0, rejected: [], again: [] }, new Map())
    const { log, onBatch } = this.#setup
    const attempt = batch.attempt + 1
    const handover = new Handover(batch.events, attempt, log)
    this.#handover = handover
    this.#now = 'delivering'
    this.#since = new Date()
    if (attempt > 1) this.#retries++
    if (this.#outOfTime) handover.abort(new Error('kec stops and does not wait longer'))
    const { timeout } = this.#delivery
    const timer = setTimeout(() => {
      log.warn(`the sink has not answered within ${timeout} ms; its signal is aborted, and the next batch waits for its end`)
      handover.abort(new Error(`no answer within ${timeout} ms`))
    }, timeout).unref()
    const began = performance.now()
    this.state.begin()
    let failure: Error | undefined
    try {
      await this.#hooks?.onEvent.promise(batch.events, handover)
    } catch (error) {
      failure = errorOf(error)
    }
    clearTimeout(timer)
    handover.end()
    onBatch?.((performance.now() - began) / 1000)
    this.#handover = undefined
    this.#since = undefined
    const staged = this.state.end()
    return this.#judge({ ...batch, attempt }, handover, failure, failure === undefined ? staged : new Map())
  }

  /** Draws the conclusions from an attempt. */
  async #judge(
    batch: Batch,
    handover: Handover,
    failure: Error | undefined,
    state: ReadonlyMap<string, Json | undefined>,
  ): Promise<boolean> {
    const message = failure && messageOf(failure)
    const outcome = settle(batch, handover, message, this.#delivery.maxAttempts)
    for (const { event, reason } of outcome.rejected)
      this.#setup.log.error('an event cannot be delivered; it is put aside', { id: event.id, reason })
    this.#notBefore = performance.now() + handover.quiet
    if (failure === undefined) this.#lastSuccess = new Date()
    const { again } = outcome
    if (again.length === 0) this.#succeeded()
    else this.#failed(message ?? `${again.length} events must come again`)
    // Nothing became true: the batch as a whole comes again, and the cursor stays.
    if (again.length === batch.events.length && state.size === 0) {
      this.#again.push(...this.#divided(batch))
      return true
    }
    return this.#commit(batch, outcome, state)
  }

  async #commit(batch: Batch, { delivered, rejected, again }: Outcome, state: ReadonlyMap<string, Json | undefined>): Promise<boolean> {
    if (again.length > 0) this.#again.push(...this.#divided(remainder(batch, again)))
    const seq = Math.max(this.#cursor.seq, batch.end)
    // What waits behind the cursor; a new batch that failed as a whole is above it, and needs no list.
    const retry = this.#again.flatMap(({ seqs }) => seqs.filter(one => one <= seq)).sort((a, b) => a - b)
    return this.#acknowledge({ seq, retry, counts: { skipped: batch.skipped, delivered, expired: 0 }, rejected, state })
  }

  /** The sink has done its work; if the journal can't say so yet, only that is tried again. False if a stop ended that. */
  async #acknowledge(acknowledgement: Acknowledgement): Promise<boolean> {
    const { journal, log } = this.#setup
    for (let failures = 0; ; failures++) {
      try {
        this.#cursor = journal.acknowledge(this.name, acknowledgement)
        return true
      } catch (error) {
        if (failures === 0) log.error(`what was delivered cannot be noted in the journal; it is tried again: ${error}`)
        if (this.#stopping) return false
        await this.#sleep('waiting', this.#backoff(failures))
      }
    }
  }

  /** After the last attempt: halves, to find the event that fails. The last of the answer is tried first. */
  #divided(batch: Batch): Batch[] {
    if (batch.attempt < this.#delivery.maxAttempts || batch.events.length === 1) return [batch]
    return halve(batch).reverse()
  }

  #takeUpRetries(): void {
    const { journal, log } = this.#setup
    const { seq, retry } = this.#cursor
    if (retry.length === 0) return
    const found = journal.pick(retry)
    if (found.length < retry.length) log.error(`${retry.length - found.length} events that were to come again are no longer in the journal`)
    const { maxBatch } = this.#delivery
    for (let from = 0; from < found.length; from += maxBatch) {
      const part = found.slice(from, from + maxBatch)
      const batch = { events: part.map(({ event }) => event), seqs: part.map(one => one.seq), attempt: 0, end: seq, skipped: 0 }
      this.#again.unshift(batch)
    }
  }

  #succeeded(): void {
    if (this.#failures > 0) this.#setup.log.info(`delivers again, after ${this.#failures} failures`)
    this.#failures = 0
  }

  #failed(message: string): void {
    const again = message === this.#lastError && this.#failures > 0
    this.#failures++
    this.#lastError = message
    const wait = this.#backoff(this.#failures - 1)
    this.#notBefore = Math.max(this.#notBefore, performance.now() + wait)
    this.#setup.log[again ? 'debug' : 'warn'](`delivery failed; it is tried again in ${(wait / 1000).toFixed(1)} s: ${message}`)
  }

  #backoff(failures: number): number {
    const [first, longest] = this.#setup.backoff ?? [1_000, 60_000]
    return Math.min(longest, first * 2 ** failures) * (0.5 + Math.random() / 2)
  }

  async #pause(): Promise<void> {
    for (let wait = this.#notBefore - performance.now(); wait > 0 && !this.#stopping; wait = this.#notBefore - performance.now())
      await this.#sleep('waiting', wait)
  }

  /** Until it is woken, or the time is over. */
  async #sleep(state: 'idle' | 'lingering' | 'waiting', ms?: number): Promise<void> {
    this.#now = state
    await new Promise<void>(resolve => {
      const timer = ms === undefined ? undefined : setTimeout(resolve, Math.min(ms, longestTimer))
      this.#wakes.push(() => {
        clearTimeout(timer)
        resolve()
      })
    })
    this.#wakes = []
  }

  #wake(): void {
    const wakes = this.#wakes
    this.#wakes = []
    for (const wake of wakes) wake()
  }
}
