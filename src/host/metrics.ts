import type { Log, MetricDefinition, Metrics, Sample } from '@kec/plugin-api'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

type Type = 'counter' | 'gauge'

/** All that /metrics shows, kec's own and the plugins'. */
export class MetricsRegistry {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE
  readonly #registry = new Registry()
  readonly #owners = new Map<string, string>()
  readonly #log: Log

  constructor(log: Log) {
    this.#log = log
    collectDefaultMetrics({ register: this.#registry })
  }

  text(): Promise<string> {
    return this.#registry.metrics()
  }

  /** A metric of kec's own whose values are asked for at each scrape. */
  collected(type: Type, definition: MetricDefinition & { readonly collect: () => Iterable<Sample> }): void {
    this.#make('kec', type, definition, work => work())
  }

  /** Seconds, from a millisecond to a minute. */
  histogram(name: string, help: string, labelNames: readonly string[]): (labels: Record<string, string>, seconds: number) => void {
    const buckets = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 60]
    const histogram = new Histogram({ name, help, labelNames: [...labelNames], buckets, registers: [this.#registry] })
    return (labels, seconds) => histogram.observe(labels, seconds)
  }

  /** What a plugin gets. `committed` runs its collect callbacks so that they see committed state only. */
  forPlugin(plugin: string, committed: <T>(work: () => T) => T): Metrics {
    return {
      counter: definition => {
        const metric = this.#make(plugin, 'counter', definition, committed)
        return { increment: (by = 1, labels = {}) => metric.inc(labels, by) }
      },
      gauge: definition => {
        const metric = this.#make(plugin, 'gauge', definition, committed)
        return {
          set: (value, labels = {}) => {
            if (metric instanceof Gauge) metric.set(labels, value)
          },
        }
      },
    }
  }

  #make(owner: string, type: Type, definition: MetricDefinition, committed: <T>(work: () => T) => T): Counter | Gauge {
    const { name, help, labelNames = [], collect } = definition
    const other = this.#owners.get(name)
    if (other !== undefined) throw new Error(`the metric ${name} is there already; it is ${other}'s`)
    const log = this.#log
    const collectAll = collect && {
      collect(this: Counter | Gauge) {
        this.reset()
        try {
          // Values of a map by which a counter is set: it has no other way than to begin again.
          for (const { labels, value } of committed(() => [...collect()])) this.inc(labels, value)
        } catch (error) {
          this.reset()
          log.error(`the metric ${name} could not be collected and is left out: ${error}`, { plugin: owner })
        }
      },
    }
    const configuration = { name, help, labelNames: [...labelNames], registers: [this.#registry], ...collectAll }
    const metric = type === 'counter' ? new Counter(configuration) : new Gauge(configuration)
    this.#owners.set(name, owner)
    return metric
  }
}
