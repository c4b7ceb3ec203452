import type { Json } from '../context.ts'
import type { KubeEvent } from '../event.ts'
import type { Hooks } from '../hooks.ts'
import type { PluginEntry } from '../plugin.ts'
import { type Admitted, admit } from './admit.ts'
import { errorOf, Life, type Probe, Records, type Surroundings } from './life.ts'
import type { TestMetrics } from './metrics.ts'
import { type Books, emptyBooks } from './queue.ts'
import { turn } from './real-time.ts'
import type { HandoverRecord, LogLine, MetricSample, RejectedEvent, TestHost, TestHostSettings } from './test-host.ts'

const plain: Probe = { around: { sync: work => work(), async: async work => void (await work()) } }

/** ms of the clock that a stop waits for the sink. */
const drainLimit = 10_000

/** The one class behind TestHost: the clock, and the plugin's lives by it. */
export class Host implements TestHost {
  now = 0
  readonly #records = new Records()
  readonly #books: Books
  readonly #surroundings: Surroundings
  #life: Life | undefined
  readonly #killed: Life[] = []

  private constructor(admitted: Admitted, settings: TestHostSettings, probe: Probe) {
    const { cluster = 'test', state = {}, patience = 3_000 } = settings
    this.#books = emptyBooks(state)
    const { records, books } = { records: this.#records, books: this.#books }
    this.#surroundings = { admitted, cluster, patience, probe, books, records, now: () => this.now }
  }

  static async start(entry: PluginEntry, settings: TestHostSettings = {}, probe = plain): Promise<Host> {
    const host = new Host(await admit(entry), settings, probe)
    await host.#begin()
    return host
  }

  get delivered(): readonly KubeEvent[] {
    return this.#records.delivered
  }

  get rejected(): readonly RejectedEvent[] {
    return this.#records.rejected
  }

  get handovers(): readonly HandoverRecord[] {
    return this.#records.handovers
  }

  get log(): readonly LogLine[] {
    return this.#records.log
  }

  get complaints(): readonly string[] {
    return this.#records.complaints
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

  get delivery(): Admitted['delivery'] {
    return this.#surroundings.admitted.delivery
  }

  feed(...events: readonly KubeEvent[]): void {
    for (const event of events) if (this.#surroundings.admitted.matches(event)) this.#books.events.set(++this.#books.head, event)
    this.#pumpSoon()
  }

  replay(...events: readonly KubeEvent[]): void {
    const wanted = events.filter(this.#surroundings.admitted.matches)
    if (wanted.length > 0) this.#books.replays.push({ events: wanted, next: 0 })
    this.#pumpSoon()
  }

  async settled(): Promise<void> {
    await this.#life?.settled()
  }

  async advance(ms: number): Promise<void> {
    const end = this.now + ms
    for (let due = await this.#settledUntil(); due !== undefined && due <= end; due = await this.#settledUntil()) this.#moveTo(due)
    this.now = end
    await this.settled()
  }

  filter(event: KubeEvent): boolean {
    const { hooks } = this.#alive
    try {
      return hooks.onFilter.call(event) !== false
    } catch (error) {
      this.#alive.complain(`onFilter threw, which keeps the event: ${errorOf(error).message}`)
      return true
    }
  }

  async metrics(): Promise<readonly MetricSample[]> {
    return this.#alive.metrics.samples()
  }

  async restart(): Promise<void> {
    await this.#end()
    await this.#begin()
  }

  async kill(): Promise<void> {
    const life = this.#alive
    life.abandon(new Error('the plugin was killed'))
    this.#killed.push(life)
    await this.#begin()
  }

  async stop(): Promise<void> {
    await this.#end()
    for (const life of this.#killed.splice(0)) await life.clearUp()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
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
    this.#records.clear()
  }

  get #alive(): Life {
    if (this.#life === undefined) throw new Error('the test host was stopped')
    return this.#life
  }

  async #begin(): Promise<void> {
    this.#life = undefined
    this.#life = await Life.begin(this.#surroundings)
    this.#pumpSoon()
  }

  /** After all that is said in this turn. */
  #pumpSoon(): void {
    queueMicrotask(() => this.#life?.pump())
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
    const life = this.#alive
    if (life.inFlight && this.now >= life.inFlight.timesOutAt) life.abort(new Error(`no answer within ${this.delivery.timeout} ms`))
    life.pump()
  }

  /** What is there is delivered, as long as the clock allows; then the plugin is told. */
  async #end(): Promise<void> {
    const life = this.#life
    if (life === undefined) return
    const limit = this.now + drainLimit
    const stop = new AbortController()
    life.stopping = 'drains'
    await life.settled()
    while (life.inFlight && this.now < limit) {
      this.#moveTo(life.inFlight.handover.signal.aborted ? limit : Math.min(life.inFlight.timesOutAt, limit))
      if (this.now >= limit) {
        stop.abort()
        life.stopping = 'is out of time'
        life.abort(new Error('kec stops and does not wait longer'))
      }
      await life.settled()
    }
    if (life.inFlight) life.complain('onEvent never answered: what it has not taken stays in the journal')
    await life.shutDown(stop, () => {
      this.now = Math.max(this.now, limit)
    })
    life.abandon(new Error('the plugin was stopped'))
    this.#life = undefined
  }
}
