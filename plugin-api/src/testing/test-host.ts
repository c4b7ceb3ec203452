import type { Json, Sample } from '../context.ts'
import type { KubeEvent } from '../event.ts'

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

/** One value that /metrics would show. */
export interface MetricSample extends Sample {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly help: string
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
