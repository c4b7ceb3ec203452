import type { Log, MetricDefinition, Metrics, Sample } from '@kec/plugin-api'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { registerProcessMetrics } from './process-metrics.ts'

type Type = 'counter' | 'gauge'

type Collected = MetricDefinition & { readonly collect: () => Iterable<Sample> }

interface Owned {
  /** kec, or the entry that made it first. */
  readonly owner: string
  readonly metric?: Counter | Gauge
  readonly labelNames: readonly string[]
  /** How its values are read at a scrape, of each entry that has it; none if they are counted as they come. */
  readonly collects: (() => Iterable<Sample>)[]
}

/** All that /metrics shows, kec's own and the plugins'. */
export class MetricsRegistry {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE
  readonly #registry = new Registry()
  readonly #owned = new Map<string, Owned>()
  /** Scrapes that had to leave a metric out. */
  readonly #failures = new Map<string, number>()
  readonly #failing = new Set<string>()
  readonly #log: Log

  constructor(log: Log) {
    this.#log = log
    registerProcessMetrics(this)
    this.collected('counter', {
      name: 'kec_metric_errors_total',
      help: 'Earlier scrapes from which a metric had to be left out.',
      labelNames: ['metric'],
      collect: () => [...this.#failures].map(([metric, value]) => ({ labels: { metric }, value })),
    })
  }

  /** All values are read in one turn, before anything else can run: a scrape shows one commit. */
  async text(): Promise<string> {
    const texts = await Promise.all([...this.#owned.keys()].map(name => this.#textOf(name)))
    return `${texts.filter(text => text !== undefined).join('\n\n')}\n`
  }

  /** A metric of kec's own. */
  collected(type: Type, definition: Collected): void {
    this.#make('kec', type, definition, work => work())
  }

  /** Seconds, from a millisecond to a minute. */
  histogram(name: string, help: string, labelNames: readonly string[]): (labels: Record<string, string>, seconds: number) => void {
    this.#refuseTwin(name)
    this.#owned.set(name, { owner: 'kec', labelNames, collects: [] })
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

  /** Undefined if the metric can't be collected: the others are shown all the same. */
  async #textOf(name: string): Promise<string | undefined> {
    try {
      const text = await this.#registry.getSingleMetricAsString(name)
      this.#failing.delete(name)
      return text
    } catch (error) {
      this.#failures.set(name, (this.#failures.get(name) ?? 0) + 1)
      // Once, not at each scrape.
      if (!this.#failing.has(name))
        this.#log.error(`the metric ${name} could not be collected and is left out: ${error}`, { plugin: this.#owned.get(name)?.owner })
      this.#failing.add(name)
      return undefined
    }
  }

  #make(owner: string, type: Type, definition: MetricDefinition, committed: <T>(work: () => T) => T): Counter | Gauge {
    const { name, help, labelNames = [], collect } = definition
    const read = collect && (() => committed(() => [...collect()]))
    const shared = this.#shared(type, definition)
    if (shared) {
      if (read) this.#owned.get(name)?.collects.push(read)
      return shared
    }
    this.#refuseTwin(name)
    const collects = read ? [read] : []
    const collectAll = read && {
      collect(this: Counter | Gauge) {
        this.reset()
        // A counter has no way to be set: it begins again.
        for (const { labels, value } of collects.flatMap(one => [...one()])) this.inc(labels, value)
      },
    }
    const configuration = { name, help, labelNames: [...labelNames], registers: [this.#registry], ...collectAll }
    const metric = type === 'counter' ? new Counter(configuration) : new Gauge(configuration)
    this.#owned.set(name, { owner, metric, labelNames, collects })
    return metric
  }

  /** The metric of an earlier entry, if the two are told apart by the label `sink`: a plugin may stand twice. */
  #shared(type: Type, { name, labelNames = [], collect }: MetricDefinition): Counter | Gauge | undefined {
    const known = this.#owned.get(name)
    if (known?.metric === undefined || known.owner === 'kec' || !labelNames.includes('sink')) return undefined
    const { metric, collects } = known
    const same = known.labelNames.length === labelNames.length && labelNames.every(label => known.labelNames.includes(label))
    const alike = (type === 'gauge') === metric instanceof Gauge && (collects.length === 0) === (collect === undefined)
    return same && alike ? metric : undefined
  }

  #refuseTwin(name: string): void {
    const other = this.#owned.get(name)?.owner
    if (other === undefined) return
    throw new Error(`the metric ${name} is there already; it is ${other}'s. Two entries of a plugin may share it if it has a label "sink"`)
  }
}
