import type { Hooks } from './hooks.ts'

/** What JSON can hold. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** Goes to kec's own log, with the plugin's name. Never log secrets. */
export interface Log {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void
  info(message: string, fields?: Readonly<Record<string, unknown>>): void
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void
  error(message: string, fields?: Readonly<Record<string, unknown>>): void
}

export type Labels = Readonly<Record<string, string>>

/** A value of a metric at the time of a scrape. */
export interface Sample {
  readonly labels: Labels
  readonly value: number
}

export interface MetricDefinition {
  /**
   * Must be unique in this kec: `<namespace>_<what>_<unit>`, a counter ends in `_total`. A plugin that may stand twice in a configuration gives its
   * metrics the label `sink`, with the name of the entry (`kec.name`): then its entries share them.
   */
  readonly name: string
  readonly help: string
  /** All labels that a sample may have. Keep their values few. */
  readonly labelNames?: readonly string[]
  /** Called at each scrape; what it yields replaces all values. In it `state` shows committed values only. */
  readonly collect?: () => Iterable<Sample>
}

export interface Counter {
  increment(by?: number, labels?: Labels): void
}

export interface Gauge {
  set(value: number, labels?: Labels): void
}

/** Metrics of the plugin, shown at /metrics beside kec's own. */
export interface Metrics {
  counter(definition: MetricDefinition): Counter
  gauge(definition: MetricDefinition): Gauge
}

/**
 * Small values that a plugin keeps. What is set while a batch is handled is committed with the outcome of the batch: if onEvent throws, it
 * was never set. Outside of onEvent only committed values are seen.
 */
export interface State {
  get(key: string): Json | undefined
  /** `undefined` removes the key. Only while a batch is handled; elsewhere it throws. */
  set(key: string, value: Json | undefined): void
  entries(): Iterable<readonly [key: string, value: Json]>
}

/** What a plugin gets in `setup`: all that it may use of kec. */
export interface PluginContext {
  /** The name of this entry: the plugin's own, unless the configuration gives another. Its place in the journal is kept under this name. */
  readonly name: string
  readonly hooks: Hooks
  readonly log: Log
  readonly metrics: Metrics
  readonly state: State
  readonly cluster: { readonly name: string }
}
