import type { Json, Log, State } from '../context.ts'
import type { KubeEvent } from '../event.ts'
import type { Hooks } from '../hooks.ts'
import { type Around, createHooks, guardHooks, Handover, SinkState } from '../host/index.ts'
import type { PluginEntry } from '../plugin.ts'
import { type Admitted, admit } from './admit.ts'
import { type MetricSample, TestMetrics } from './metrics.ts'
import { type Batch, emptyBooks, Queue } from './queue.ts'
import { endsWithin, turn } from './real-time.ts'

export interface TestHostSettings {
  /** What `kec.cluster.name` is. Default `test`. */
  readonly cluster?: string
  /** What an earlier run left. */
  readonly state?: Readonly<Record<string, Json>>
  /**
   * Real ms that the plugin may keep the test host waiting before that takes it for one that hangs. Default 3,000. An onEvent that waits for a
   * system which never answers costs as much, once, before `advance` lets its time-out come.
   */
  readonly patience?: number
}

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** An event that was put aside as a dead letter. */
export interface RejectedEvent {
  readonly event: KubeEvent
  readonly reason: string
  readonly attempts: number
}

/** One call of onEvent. */
export interface HandoverRecord {
  readonly events: readonly KubeEvent[]
  readonly attempt: number
  readonly replay: boolean
  /** `delivered` if onEvent resolved, whatever it marked; `failed` if it threw. */
  readonly outcome: 'delivered' | 'failed' | 'in flight'
  /** What it threw. */
  readonly error?: Error
  /** ms that it asked to be left alone. */
  readonly slowDown?: number
}

/** A kec for one plugin, in memory, on a clock of its own: it stands still until `advance` moves it. */
export interface TestHost extends AsyncDisposable {
  /** ms since the start. */
  readonly now: number
  /** Acknowledged, in that order; what was replayed is in it once more. */
  readonly delivered: readonly KubeEvent[]
  readonly rejected: readonly RejectedEvent[]
  /** Events that are not settled; replayed ones are not counted. */
  readonly pending: number
  readonly handovers: readonly HandoverRecord[]
  /** As it is committed. */
  readonly state: Readonly<Record<string, Json>>
  /** What the plugin said. */
  readonly log: readonly LogLine[]
  /** What kec would say of the plugin in its log, such as that it marks events too late. */
  readonly complaints: readonly string[]
  /** Appends events, as to kec's journal, if the entry's `match` lets them through. onFilter is not asked. */
  feed(...events: readonly KubeEvent[]): void
  /** Hands events over once more, as if an operator wished it. */
  replay(...events: readonly KubeEvent[]): void
  /** Until nothing goes on without the clock. */
  settled(): Promise<void>
  /** So many ms pass: backoff, linger, slowDown and time-out come when they are due. Timers of the plugin's own are not touched. */
  advance(ms: number): Promise<void>
  /** False if onFilter drops the event. */
  filter(event: KubeEvent): boolean
  /** As a scrape would show them. */
  metrics(): Promise<readonly MetricSample[]>
  /** Stops and starts again, with the state as it was committed: what was not acknowledged comes again. */
  restart(): Promise<void>
  /** The same as after kill -9: the batch in flight is lost, and onShutdown is not called. */
  kill(): Promise<void>
  /** Delivers what is there, within 10 s of the clock, then calls onShutdown. */
  stop(): Promise<void>
}

/** @internal What the conformance kit puts around the plugin. */
export interface Probe {
  readonly around: Around
  /** Hands these over instead, one for one. */
  readonly disguise?: (events: readonly KubeEvent[]) => readonly KubeEvent[]
  /** Called when events are acknowledged, before anything else is handed over. */
  readonly onDelivered?: (events: readonly KubeEvent[]) => Promise<void>
}

const plain: Probe = { around: { sync: work => work(), async: async work => void (await work()) } }

/** ms of the clock that a stop waits for the sink. */
const drainLimit = 10_000

interface InFlight {
  readonly batch: Batch
  readonly handover: Handover
  readonly timesOutAt: number
  readonly ended: Promise<void>
  /** It was waited for in vain: the clock must move, or its signal abort. */
  hangs: boolean
}

/** One life of the plugin, from setup to its end. */
interface Life {
  readonly hooks: Hooks
  readonly metrics: TestMetrics
  readonly state: SinkState
  readonly queue: Queue
  inFlight: InFlight | undefined
  stopping: 'no' | 'drains' | 'is out of time'
  /** It was stopped or killed: what it does now counts no more. */
  isOver: boolean
}

/** @internal The one class behind TestHost. */
export class Host implements TestHost {
  readonly delivered: KubeEvent[] = []
  readonly rejected: RejectedEvent[] = []
  readonly handovers: HandoverRecord[] = []
  readonly log: LogLine[] = []
  readonly complaints: string[] = []
  now = 0
  readonly #admitted: Admitted
  readonly #cluster: string
  readonly #patience: number
  readonly #probe: Probe
  readonly #books
  #life: Life | undefined
  readonly #killed: Life[] = []

  private constructor(admitted: Admitted, settings: TestHostSettings, probe: Probe) {
    const { cluster = 'test', state = {}, patience = 3_000 } = settings
    this.#admitted = admitted
    this.#cluster = cluster
    this.#patience = patience
    this.#probe = probe
    this.#books = emptyBooks(state)
  }

  static async start(entry: PluginEntry, settings: TestHostSettings = {}, probe = plain): Promise<Host> {
    const host = new Host(await admit(entry), settings, probe)
    await host.#begin()
    return host
  }

  get pending(): number {
    const { head, seq, retry } = this.#books
    return head - seq + retry.length
  }

  get state(): Readonly<Record<string, Json>> {
    return Object.fromEntries(this.#books.state)
  }

  /** What the plugin taps. */
  get taps(): readonly (keyof Hooks)[] {
    const { hooks } = this.#alive
    return (['onFilter', 'onEvent', 'onShutdown'] as const).filter(name => hooks[name].taps.length > 0)
  }

  get definitions(): TestMetrics['definitions'] {
    return this.#alive.metrics.definitions
  }

  feed(...events: readonly KubeEvent[]): void {
    for (const event of events) if (this.#admitted.matches(event)) this.#books.events.set(++this.#books.head, event)
    this.#pumpSoon()
  }

  replay(...events: readonly KubeEvent[]): void {
    const wanted = events.filter(this.#admitted.matches)
    if (wanted.length > 0) this.#books.replays.push({ events: wanted, next: 0 })
    this.#pumpSoon()
  }

  async settled(): Promise<void> {
    for (;;) {
      await turn()
      this.#pump()
      const inFlight = this.#life?.inFlight
      if (inFlight === undefined || inFlight.hangs) return
      inFlight.hangs = !(await endsWithin(this.#patience, inFlight.ended))
    }
  }

  async advance(ms: number): Promise<void> {
    const end = this.now + ms
    for (let due = await this.#settledUntil(); due !== undefined && due <= end; due = await this.#settledUntil()) this.#moveTo(due)
    this.now = end
    await this.settled()
  }

  filter(event: KubeEvent): boolean {
    try {
      return this.#alive.hooks.onFilter.call(event) !== false
    } catch (error) {
      this.complaints.push(`onFilter threw, which keeps the event: ${errorOf(error).message}`)
      return true
    }
  }

  async metrics(): Promise<readonly MetricSample[]> {
    return this.#alive.metrics.samples()
  }

  async restart(): Promise<void> {
    await this.stop()
    await this.#begin()
  }

  async kill(): Promise<void> {
    if (this.#life) this.#killed.push(this.#life)
    this.#abandon(new Error('the plugin was killed'))
    await this.#begin()
  }

  async stop(): Promise<void> {
    const life = this.#life
    if (life === undefined) return
    life.stopping = 'drains'
    const limit = this.now + drainLimit
    const stop = new AbortController()
    await this.settled()
    while (life.inFlight) {
      this.#moveTo(life.inFlight.handover.signal.aborted ? limit : Math.min(life.inFlight.timesOutAt, limit))
      if (this.now >= limit) {
        life.stopping = 'is out of time'
        life.inFlight.handover.abort(new Error('kec stops and does not wait longer'))
        life.inFlight.hangs = false
        await this.settled()
        break
      }
      await this.settled()
    }
    if (life.inFlight) this.complaints.push('onEvent never answered: what it has not taken stays in the journal')
    await this.#shutDown(life, stop, limit)
    this.#abandon(new Error('the plugin was stopped'))
    await this.#clearUp()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  get delivery(): Admitted['delivery'] {
    return this.#admitted.delivery
  }

  /** Until the sink has a batch, which it may have given back already. */
  async handedOver(): Promise<void> {
    for (const before = this.handovers.length; this.handovers.length === before; ) await turn()
  }

  /** The sink has a batch, and does not give it back though its signal aborted. */
  get isStuck(): boolean {
    const { inFlight } = this.#alive
    return inFlight?.handover.signal.aborted === true && inFlight.hangs
  }

  /** The time-out of the batch in flight comes at once. */
  async expire(): Promise<void> {
    const { inFlight } = this.#alive
    if (inFlight) this.#moveTo(inFlight.timesOutAt)
    await this.settled()
  }

  /** Forgets what is over, so that a long run takes no memory. */
  forget(): void {
    for (const list of [this.delivered, this.rejected, this.handovers, this.log, this.complaints]) list.length = 0
  }

  get #alive(): Life {
    if (this.#life === undefined) throw new Error('the test host was stopped')
    return this.#life
  }

  async #begin(): Promise<void> {
    const { name, definition, options, delivery } = this.#admitted
    const hooks = createHooks()
    const state = new SinkState(this.#books.state)
    const metrics = new TestMetrics(work => state.committed(work))
    const queue = new Queue(this.#books, delivery)
    const life: Life = { hooks, metrics, state, queue, inFlight: undefined, stopping: 'no', isOver: false }
    guardHooks(name, hooks, this.#probe.around, this.#complainer(life))
    const context = { name, hooks, log: this.#logOf(), metrics, state: this.#watched(life), cluster: { name: this.#cluster } }
    let failure: { readonly error: unknown } | undefined
    const work = this.#probe.around
      .async(() => definition.setup(context, options))
      .catch(error => {
        failure = { error }
      })
    if (!(await endsWithin(this.#patience, work))) throw new Error(`${name}: its setup has not ended within ${this.#patience / 1000} s`)
    if (failure) throw failure.error
    this.#life = life
    this.#pumpSoon()
  }

  #complain(life: Life, message: string): void {
    if (!life.isOver) this.complaints.push(message)
  }

  #complainer(life: Life): Log {
    const complain = (message: string) => this.#complain(life, message)
    return { debug: complain, info: complain, warn: complain, error: complain }
  }

  /** The state as the plugin gets it: a set at the wrong time is a complaint, even if the plugin catches the error. */
  #watched(life: Life): State {
    const { state } = life
    return {
      get: key => state.get(key),
      entries: () => state.entries(),
      set: (key, value) => {
        try {
          state.set(key, value)
        } catch (error) {
          this.#complain(life, errorOf(error).message)
          throw error
        }
      },
    }
  }

  #logOf(): Log {
    const at =
      (level: LogLine['level']) =>
      (message: string, fields: LogLine['fields'] = {}) =>
        void this.log.push({ level, message, fields })
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  }

  /** After all that is said in this turn. */
  #pumpSoon(): void {
    queueMicrotask(() => this.#pump())
  }

  /** Hands over what is due. */
  #pump(): void {
    const life = this.#life
    if (life === undefined || life.inFlight || life.queue.rests(this.now)) return
    // A stop does not ask a sink again that fails.
    if (life.stopping === 'is out of time' || (life.stopping === 'drains' && life.queue.isFailing)) return
    const batch = life.queue.next(this.now, life.stopping === 'no')
    if (batch) this.#handOver(life, { ...batch, attempt: batch.attempt + 1 })
  }

  #handOver(life: Life, batch: Batch): void {
    const { attempt, replay } = batch
    const handover = new Handover(batch.events, attempt, replay, this.#complainer(life))
    const events = this.#probe.disguise?.(batch.events) ?? batch.events
    const record: { -readonly [Key in keyof HandoverRecord]: HandoverRecord[Key] } = { events, attempt, replay, outcome: 'in flight' }
    this.handovers.push(record)
    life.state.begin()
    const ended = life.hooks.onEvent.promise(events, handover).then(
      () => undefined,
      error => errorOf(error),
    )
    const settled = ended.then(async failure => {
      // After a kill nobody listens any more.
      if (this.#life !== life) return
      handover.end()
      const set = life.state.end()
      record.outcome = failure ? 'failed' : 'delivered'
      if (failure) record.error = failure
      if (handover.quiet > 0) record.slowDown = handover.quiet
      const { delivered, rejected } = life.queue.settle(batch, handover, failure && messageOf(failure), failure ? new Map() : set, this.now)
      this.delivered.push(...delivered)
      this.rejected.push(...rejected)
      await this.#probe.onDelivered?.(delivered)
      life.inFlight = undefined
      await turn()
      this.#pump()
    })
    life.inFlight = { batch, handover, timesOutAt: this.now + this.#admitted.delivery.timeout, ended: settled, hangs: false }
  }

  /** Lets go on what can, and gives the time at which the clock has something to do. */
  async #settledUntil(): Promise<number | undefined> {
    await this.settled()
    const { inFlight, queue } = this.#alive
    if (inFlight === undefined) return queue.wakesAt
    return inFlight.handover.signal.aborted ? undefined : inFlight.timesOutAt
  }

  #moveTo(time: number): void {
    this.now = Math.max(this.now, time)
    const inFlight = this.#life?.inFlight
    if (inFlight && this.now >= inFlight.timesOutAt && !inFlight.handover.signal.aborted) {
      inFlight.handover.abort(new Error(`no answer within ${this.#admitted.delivery.timeout} ms`))
      inFlight.hangs = false
    }
    this.#pump()
  }

  async #shutDown(life: Life, stop: AbortController, limit: number): Promise<void> {
    if (this.now >= limit) stop.abort()
    const work = life.hooks.onShutdown
      .promise({ signal: stop.signal })
      .catch(error => void this.complaints.push(`onShutdown threw: ${errorOf(error).message}`))
    if (await endsWithin(this.#patience, work)) return
    this.now = Math.max(this.now, limit)
    stop.abort()
    if (!(await endsWithin(this.#patience, work))) this.complaints.push('onShutdown never answered')
  }

  /** A real kill ends the process, and closes what the plugin had open; here that is left to do. */
  async #clearUp(): Promise<void> {
    for (const { hooks } of this.#killed.splice(0)) {
      const work = hooks.onShutdown.promise({ signal: AbortSignal.abort() })
      await endsWithin(this.#patience, work)
    }
  }

  /** Its signal aborts so that what it has open ends; whatever it does now changes nothing. */
  #abandon(reason: Error): void {
    const life = this.#life
    this.#life = undefined
    if (life === undefined) return
    life.isOver = true
    life.inFlight?.handover.abort(reason)
    life.inFlight?.handover.end()
  }
}

function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(typeof thrown === 'string' ? thrown : 'something was thrown that is no Error')
}

/** With its causes: fetch says only "fetch failed". */
function messageOf({ message, cause }: Error): string {
  return cause instanceof Error && !message.includes(cause.message) ? `${message}: ${messageOf(cause)}` : message
}

/**
 * Starts a plugin with its options, as kec would: `await startTestHost(webhook({ url }))`. Rejects if its options are wrong or its setup throws.
 *
 * @example
 * await using kec = await startTestHost(webhook({ url }))
 * kec.feed(testEvent(), testEvent())
 * await kec.settled()
 * assert.equal(kec.delivered.length, 2)
 */
export function startTestHost(entry: PluginEntry, settings?: TestHostSettings): Promise<TestHost> {
  return Host.start(entry, settings)
}
