import { setImmediate as turn } from 'node:timers/promises'
import type { DeliveryOptions, Hooks, Json, KubeEvent, Log } from '@kec/plugin-api'
import { deliveryDefaults, SinkState } from '@kec/plugin-api/host'
import { errorOf, messageOf } from '../errors.ts'
import { Agenda } from './agenda.ts'
import { type Attempt, attempt } from './attempt.ts'
import { Backoff, waitAfter } from './backoff.ts'
import type { Batch } from './batch.ts'
import type { Acknowledgement, ConsumerJournal, Cursor } from './consumer-journal.ts'
import { Replaying } from './replaying.ts'
import { acknowledgementOf, type Outcome, remainder, settle } from './settle.ts'
import { Sleeper } from './sleeper.ts'

export interface ConsumerSetup {
  /** Keys the cursor: unique, and the same over restarts. */
  readonly name: string
  readonly journal: ConsumerJournal
  readonly delivery: DeliveryOptions
  /** Which events the sink gets; all, if there is none. */
  readonly matches?: ((event: KubeEvent) => boolean) | undefined
  /** Makes of the rules that a replay was asked for with what tells its events. Default: all are. */
  readonly compile?: (rules: Json) => (event: KubeEvent) => boolean
  readonly log: Log
  /** Takes secrets out of why an event was put aside: a server may repeat them, and the journal is kept and shown. Default: nothing is secret. */
  readonly mask?: (text: string) => string
  /** ms. The first wait after a failure, which doubles, and the longest. */
  readonly backoff?: readonly [number, number]
  /** Called with the seconds that each batch took. */
  readonly onBatch?: (seconds: number) => void
}

/** How many new events one step looks at before the others have their turn. */
const step = 500
const backoffs = [1_000, 60_000] as const

/**
 * One for each sink. Its states, and what moves it on:
 *
 *     idle        all is settled; an append wakes it
 *     lingering   a batch is not full, and may wait; full, or `linger` is over
 *     delivering  the sink has a batch; the real end of onEvent, whenever that is
 *     waiting     the sink failed, or asked to be left alone; time
 *     stopped     told to, and drained; or its time was up
 *
 * The agenda says what is next. A batch becomes true by one acknowledgement: cursor, counts, dead letters and the plugin's state.
 */
export class Consumer {
  readonly name: string
  readonly state: SinkState
  readonly #setup: ConsumerSetup
  readonly #delivery: Required<DeliveryOptions>
  readonly #agenda: Agenda
  readonly #backoff: Backoff
  readonly #sleeper = new Sleeper()
  #now: 'idle' | 'lingering' | 'delivering' | 'waiting' | 'stopped' = 'idle'
  #stopping = false
  /** Aborts when a stop does not wait longer. */
  readonly #outOfTime = new AbortController()
  #running: Promise<void> | undefined
  #retries = 0
  #lastError: string | undefined
  #lastSuccess: Date | undefined
  #since: Date | undefined

  /** Joins the journal. */
  constructor(setup: ConsumerSetup) {
    const { name, journal, delivery, matches, log, compile = () => () => true, backoff = backoffs } = setup
    this.name = name
    this.#setup = setup
    this.#delivery = { ...deliveryDefaults, ...delivery }
    journal.join(name, 'now')
    this.state = new SinkState(journal.state(name))
    this.#backoff = new Backoff('delivery', backoff, log)
    const { maxBatch, linger, maxAttempts } = this.#delivery
    const parts = { name, journal, maxBatch, step, matches, log }
    const replaying = new Replaying({ ...parts, compile }, new Backoff('replay', backoff, log))
    this.#agenda = new Agenda({ ...parts, linger, maxAttempts }, replaying)
    journal.onNews(() => {
      this.#agenda.sayLoss()
      this.#sleeper.wake()
    })
  }

  /** Begins to deliver. */
  start({ onEvent }: Pick<Hooks, 'onEvent'>): void {
    this.#running = this.#run(onEvent)
  }

  /** Delivers what is there, then stops. When the signal aborts, so does the batch in flight. Resolves once onEvent has really ended. */
  async stop(signal: AbortSignal): Promise<void> {
    this.#stopping = true
    if (this.#running === undefined) this.#now = 'stopped' // it was never started, so nobody is to be waited for
    const abort = () => {
      this.#outOfTime.abort()
      this.#sleeper.wake()
    }
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    this.#sleeper.wake()
    await this.#running
  }

  get status() {
    const { seq, retry, counts, dead, replayed, joined } = this.#cursor
    const { head } = this.#setup.journal
    const { missing } = this.#agenda
    return {
      name: this.name,
      state: this.#now,
      /** Since it joined: skipped + delivered + dead + discarded + expired + pending. */
      journaled: head - joined,
      ...counts,
      /** Gone from the journal before the sink had it, also what it has not come to yet. */
      expired: counts.expired + missing,
      /** Dead letters that lie. */
      dead: dead.lying,
      pending: head - seq + retry.length + dead.redriven - missing,
      replayed: replayed.delivered,
      replayRejected: replayed.rejected,
      /** Numbers that replays have still to look at. */
      replaying: this.#agenda.replaying.left,
      retries: this.#retries,
      lastError: this.#lastError,
      lastSuccess: this.#lastSuccess,
      /** Since when the sink has had the batch that it has now. */
      inFlightSince: this.#since,
    }
  }

  get #cursor(): Cursor {
    return this.#setup.journal.cursor(this.name)
  }

  async #run(onEvent: Hooks['onEvent']): Promise<void> {
    const agenda = this.#agenda
    const { signal } = this.#outOfTime
    while (!signal.aborted) {
      await this.#pause()
      // A sink that fails, or wants to be left alone, is not asked again by a stop.
      if (signal.aborted || (this.#stopping && (this.#backoff.isFailing || this.#left > 0))) break
      const batch = this.#nextOrFailure()
      if (batch === 'failed') continue
      if (batch !== undefined) {
        if (!(await this.#deliver(batch, onEvent))) break
        await turn()
      } else if (agenda.hasNew) await turn()
      else if (this.#stopping) break
      else {
        const { waitsUntil } = agenda
        if (waitsUntil === undefined) await this.#sleep('idle')
        else await this.#sleep(agenda.lingers ? 'lingering' : 'waiting', waitsUntil - performance.now())
      }
    }
    this.#now = 'stopped'
  }

  /** A journal that can't be read is tried again, as a sink is. */
  #nextOrFailure(): Batch | undefined | 'failed' {
    try {
      return this.#agenda.next(!this.#stopping)
    } catch (error) {
      this.#failed(this.#backoff, errorOf(error).message)
      return 'failed'
    }
  }

  /** False if kec stops and the outcome could not be noted. */
  async #deliver(next: Batch, onEvent: Hooks['onEvent']): Promise<boolean> {
    if (next.events.length === 0) return this.#commit(next, { delivered: [], rejected: [], again: [] }, new Map())
    const batch = { ...next, attempt: next.attempt + 1 }
    const { log, onBatch } = this.#setup
    const { state } = this
    const { timeout } = this.#delivery
    this.#now = 'delivering'
    this.#since = new Date()
    if (batch.attempt > 1) this.#retries++
    const ended = await attempt(batch, { onEvent, state, timeout, log }, this.#outOfTime.signal)
    this.#since = undefined
    onBatch?.(ended.seconds)
    return this.#judge(batch, ended)
  }

  /** Draws the conclusions from an attempt. */
  async #judge(batch: Batch, { handover, failure, state }: Attempt): Promise<boolean> {
    const message = failure && messageOf(failure)
    const { log, mask = (text: string) => text } = this.#setup
    const outcome = settle(batch, handover, message, this.#delivery.maxAttempts, mask)
    const isReplay = batch.origin === 'replay'
    for (const { event, reason } of outcome.rejected)
      log.error(`an event cannot be ${isReplay ? 'replayed' : 'delivered; it is put aside'}`, { id: event.id, reason })
    // What is new does not wait for a replay that fails; but all waits when the sink asks for it.
    const backoff = isReplay ? this.#agenda.replaying.backoff : this.#backoff
    if (handover.quiet > 0) for (const one of [this.#backoff, backoff]) one.waitAtLeast(handover.quiet)
    if (failure === undefined) this.#lastSuccess = new Date()
    const { again } = outcome
    if (again.length === 0) backoff.succeeded()
    else this.#failed(backoff, message ?? `${again.length} events must come again`)
    // Nothing became true: the batch as a whole comes again, and the cursor stays.
    if (again.length === batch.events.length && state.size === 0) {
      this.#agenda.comesAgain(batch)
      return true
    }
    return this.#commit(batch, outcome, state)
  }

  async #commit(batch: Batch, outcome: Outcome, state: Attempt['state']): Promise<boolean> {
    if (outcome.again.length > 0) this.#agenda.comesAgain(remainder(batch, outcome.again))
    const noted = await this.#acknowledge({ ...acknowledgementOf(batch, outcome, this.#cursor, this.#agenda), state })
    if (noted) this.#agenda.noted(batch.expired)
    return noted
  }

  /** The sink has done its work; if the journal can't say so yet, only that is tried again. False if a stop ended that. */
  async #acknowledge(acknowledgement: Acknowledgement): Promise<boolean> {
    const { journal, log } = this.#setup
    for (let failures = 0; ; failures++) {
      try {
        journal.acknowledge(this.name, acknowledgement)
        return true
      } catch (error) {
        if (failures === 0) log.error(`what was delivered cannot be noted in the journal; it is tried again: ${error}`)
        if (this.#stopping) return false
        await this.#sleep('waiting', waitAfter(failures, this.#setup.backoff ?? backoffs))
      }
    }
  }

  #failed(backoff: Backoff, message: string): void {
    this.#lastError = message
    backoff.failed(message)
  }

  /** ms until the sink may be asked again. */
  get #left(): number {
    return this.#backoff.until - performance.now()
  }

  async #pause(): Promise<void> {
    for (let wait = this.#left; wait > 0 && !this.#stopping; wait = this.#left) await this.#sleep('waiting', wait)
  }

  async #sleep(state: 'idle' | 'lingering' | 'waiting', ms?: number): Promise<void> {
    this.#now = state
    await this.#sleeper.sleep(ms)
  }
}
