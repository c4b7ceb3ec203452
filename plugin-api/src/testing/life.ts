import type { Log, PluginContext, State } from '../context.ts'
import type { KubeEvent } from '../event.ts'
import { type Around, createHooks, guardHooks, Handover, SinkState } from '../host/index.ts'
import type { Admitted } from './admit.ts'
import { TestMetrics } from './metrics.ts'
import { type Batch, type Books, Queue } from './queue.ts'
import { endsWithin, turn } from './real-time.ts'
import type { HandoverRecord, LogLine, RejectedEvent } from './test-host.ts'

/** What the conformance kit puts around the plugin. */
export interface Probe {
  readonly around: Around
  /** Hands these over instead, one for one. */
  readonly disguise?: (events: readonly KubeEvent[]) => readonly KubeEvent[]
  /** Called when events are acknowledged, before anything else is handed over. */
  readonly onDelivered?: (events: readonly KubeEvent[]) => Promise<void>
}

/** What is seen of a plugin, over all its lives. */
export class Records {
  readonly delivered: KubeEvent[] = []
  readonly rejected: RejectedEvent[] = []
  readonly handovers: HandoverRecord[] = []
  readonly log: LogLine[] = []
  readonly complaints: string[] = []

  /** So that a long run takes no memory. */
  clear(): void {
    for (const list of [this.delivered, this.rejected, this.handovers, this.log, this.complaints]) list.length = 0
  }
}

/** What a life is given, and what outlives it. */
export interface Surroundings {
  readonly admitted: Admitted
  readonly cluster: string
  readonly patience: number
  readonly probe: Probe
  readonly books: Books
  readonly records: Records
  /** ms by the test host's clock. */
  readonly now: () => number
}

interface InFlight {
  readonly handover: Handover
  readonly timesOutAt: number
  /** Ends once its outcome is settled. */
  readonly ended: Promise<void>
  /** It was waited for in vain: the clock must move, or its signal abort. */
  hangs: boolean
}

/** One life of a plugin, from its setup until it is stopped or killed. */
export class Life {
  readonly hooks = createHooks()
  readonly metrics: TestMetrics
  readonly queue: Queue
  inFlight: InFlight | undefined
  stopping: 'no' | 'drains' | 'is out of time' = 'no'
  readonly #around: Surroundings
  readonly #state: SinkState
  readonly #complainer: Log
  /** What it does now counts no more. */
  #isOver = false

  private constructor(around: Surroundings) {
    const { books, admitted } = around
    this.#around = around
    this.#state = new SinkState(books.state)
    this.metrics = new TestMetrics(work => this.#state.committed(work))
    this.queue = new Queue(books, admitted.delivery)
    const complain = (message: string) => this.complain(message)
    this.#complainer = { debug: complain, info: complain, warn: complain, error: complain }
  }

  /** Throws what setup throws, or that it does not end. */
  static async begin(around: Surroundings): Promise<Life> {
    const { admitted, cluster, patience, probe } = around
    const { name, definition, options } = admitted
    const life = new Life(around)
    const { hooks, metrics } = life
    guardHooks(name, hooks, probe.around, life.#complainer)
    const context: PluginContext = { name, hooks, log: life.#log(), metrics, state: life.#watchedState(), cluster: { name: cluster } }
    let failure: { readonly error: unknown } | undefined
    const work = probe.around
      .async(() => definition.setup(context, options))
      .catch(error => {
        failure = { error }
      })
    if (!(await endsWithin(patience, work))) throw new Error(`${name}: its setup has not ended within ${patience / 1000} s`)
    if (failure) throw failure.error
    return life
  }

  /** Hands over what is due. */
  pump(): void {
    const now = this.#around.now()
    if (this.#isOver || this.inFlight || this.queue.rests(now) || this.stopping === 'is out of time') return
    const batch = this.queue.next(now, this.stopping === 'no')
    if (batch) this.#handOver({ ...batch, attempt: batch.attempt + 1 })
  }

  /** Waits, for as long as patience goes, until nothing goes on without the clock. */
  async settled(): Promise<void> {
    for (;;) {
      await turn()
      this.pump()
      const { inFlight } = this
      if (inFlight === undefined || inFlight.hangs) return
      inFlight.hangs = !(await endsWithin(this.#around.patience, inFlight.ended))
    }
  }

  /** The signal of the batch in flight aborts, unless it has already. */
  abort(reason: Error): void {
    if (this.inFlight === undefined || this.inFlight.handover.signal.aborted) return
    this.inFlight.handover.abort(reason)
    this.inFlight.hangs = false
  }

  /** Calls onShutdown. `expire` is called when that takes too long: the time of the stop is over then. */
  async shutDown(stop: AbortController, expire: () => void): Promise<void> {
    const { patience } = this.#around
    const work = this.hooks.onShutdown
      .promise({ signal: stop.signal })
      .catch(error => this.complain(`onShutdown threw: ${errorOf(error).message}`))
    if (await endsWithin(patience, work)) return
    expire()
    stop.abort()
    if (!(await endsWithin(patience, work))) this.complain('onShutdown never answered')
  }

  /** Its signal aborts so that what it has open ends; whatever it does now changes nothing. */
  abandon(reason: Error): void {
    this.#isOver = true
    this.abort(reason)
    this.inFlight?.handover.end()
  }

  /** A real kill ends the process, and closes what the plugin had open; here that is left to do. */
  async clearUp(): Promise<void> {
    await endsWithin(this.#around.patience, this.hooks.onShutdown.promise({ signal: AbortSignal.abort() }))
  }

  complain(message: string): void {
    if (!this.#isOver) this.#around.records.complaints.push(message)
  }

  #handOver(batch: Batch): void {
    const { probe, records, admitted, now } = this.#around
    const { attempt, replay } = batch
    const handover = new Handover(batch.events, attempt, replay, this.#complainer)
    const events = probe.disguise?.(batch.events) ?? batch.events
    const record: { -readonly [Key in keyof HandoverRecord]: HandoverRecord[Key] } = { events, attempt, replay, outcome: 'in flight' }
    records.handovers.push(record)
    this.#state.begin()
    const work = this.hooks.onEvent.promise(events, handover).then(
      () => undefined,
      error => errorOf(error),
    )
    const ended = work.then(async failure => {
      // After a kill nobody listens any more.
      if (this.#isOver) return
      handover.end()
      const set = this.#state.end()
      record.outcome = failure ? 'failed' : 'delivered'
      if (failure) record.error = failure
      if (handover.quiet > 0) record.slowDown = handover.quiet
      const outcome = this.queue.settle(batch, handover, failure && messageOf(failure), failure ? new Map() : set, now())
      records.delivered.push(...outcome.delivered)
      records.rejected.push(...outcome.rejected)
      await probe.onDelivered?.(outcome.delivered)
      this.inFlight = undefined
      await turn()
      this.pump()
    })
    this.inFlight = { handover, timesOutAt: now() + admitted.delivery.timeout, ended, hangs: false }
  }

  #log(): Log {
    const at =
      (level: LogLine['level']) =>
      (message: string, fields: LogLine['fields'] = {}) =>
        void this.#around.records.log.push({ level, message, fields })
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  }

  /** The state as the plugin gets it: a set at the wrong time is a complaint, even if the plugin catches the error. */
  #watchedState(): State {
    return {
      get: key => this.#state.get(key),
      entries: () => this.#state.entries(),
      set: (key, value) => {
        try {
          this.#state.set(key, value)
        } catch (error) {
          this.complain(errorOf(error).message)
          throw error
        }
      },
    }
  }
}

export function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(typeof thrown === 'string' ? thrown : 'something was thrown that is no Error')
}

/** With its causes: fetch says only "fetch failed". */
function messageOf({ message, cause }: Error): string {
  return cause instanceof Error && !message.includes(cause.message) ? `${message}: ${messageOf(cause)}` : message
}
