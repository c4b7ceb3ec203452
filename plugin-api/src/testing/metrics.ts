import type { Labels, MetricDefinition, Metrics, Sample } from '../context.ts'
import type { MetricSample } from './test-host.ts'

type Type = MetricSample['type']

/** The metrics of one plugin; it refuses what kec refuses. */
export class TestMetrics implements Metrics {
  readonly #all = new Map<string, Metric>()
  readonly #committed: <T>(work: () => T) => T

  /** `committed` runs a collect callback so that it sees committed state only. */
  constructor(committed: <T>(work: () => T) => T) {
    this.#committed = committed
  }

  counter(definition: MetricDefinition) {
    const metric = this.#add('counter', definition)
    return { increment: (by = 1, labels: Labels = {}) => metric.add(by, labels) }
  }

  gauge(definition: MetricDefinition) {
    const metric = this.#add('gauge', definition)
    return { set: (value: number, labels: Labels = {}) => metric.set(value, labels) }
  }

  /** As a scrape now would show them. Throws what a collect callback throws. */
  samples(): MetricSample[] {
    return [...this.#all.values()].flatMap(metric => metric.samples(this.#committed))
  }

  get definitions(): readonly (MetricDefinition & { readonly type: Type })[] {
    return [...this.#all.values()].map(({ definition, type }) => ({ ...definition, type }))
  }

  #add(type: Type, definition: MetricDefinition): Metric {
    const { name, labelNames = [] } = definition
    if (!/^[A-Za-z_:][\w:]*$/.test(name)) throw new Error(`invalid metric name: ${name}`)
    if (!definition.help) throw new Error(`the metric ${name} has no help`)
    for (const label of labelNames)
      if (!/^[A-Za-z_]\w*$/.test(label)) throw new Error(`the metric ${name} has an invalid label name: ${label}`)
    if (this.#all.has(name)) throw new Error(`the metric ${name} is there already`)
    const metric = new Metric(type, definition)
    this.#all.set(name, metric)
    return metric
  }
}

class Metric {
  readonly type: Type
  readonly definition: MetricDefinition
  readonly #samples = new Map<string, Sample>()

  constructor(type: Type, definition: MetricDefinition) {
    this.type = type
    this.definition = definition
  }

  add(by: number, labels: Labels): void {
    if (this.type === 'counter' && by < 0) throw new Error(`the counter ${this.definition.name} cannot go down`)
    const key = this.#key(by, labels)
    this.#samples.set(key, { labels: { ...labels }, value: (this.#samples.get(key)?.value ?? 0) + by })
  }

  set(value: number, labels: Labels): void {
    this.#samples.set(this.#key(value, labels), { labels: { ...labels }, value })
  }

  samples(committed: <T>(work: () => T) => T): MetricSample[] {
    const { name, help, collect } = this.definition
    if (collect) {
      this.#samples.clear()
      for (const { labels, value } of committed(() => [...collect()])) this.add(value, labels)
    }
    return [...this.#samples.values()].map(sample => ({ name, type: this.type, help, ...sample }))
  }

  #key(value: number, labels: Labels): string {
    const { name, labelNames = [] } = this.definition
    if (!(this.type === 'counter' ? Number.isFinite(value) : typeof value === 'number'))
      throw new TypeError(`the metric ${name} got a value that is no number: ${value}`)
    for (const label of Object.keys(labels))
      if (!labelNames.includes(label)) throw new Error(`the metric ${name} has no label ${label}: name it in labelNames`)
    return JSON.stringify(labelNames.map(label => labels[label] ?? null))
  }
}
