import type { Labels, Sample, State } from '@kec/plugin-api'

export interface Limits {
  readonly labelValues: number
  readonly series: number
}

const other = 'other'
/** Characters of a label's value; what is longer is cut. */
const longestValue = 128

/**
 * One counter with labels, kept in the plugin's state: a key for each series. Bounded: values of a label, then series, beyond their limits
 * are counted as `other`. What was admitted is what the state holds.
 */
export class Series<Name extends string> {
  readonly #prefix: string
  readonly #names: readonly Name[]
  readonly #limits: Limits
  readonly #state: State
  readonly #values: ReadonlyMap<Name, Set<string>>
  readonly #keys = new Set<string>()

  constructor(metric: string, names: readonly Name[], limits: Limits, state: State) {
    this.#prefix = `${metric} `
    this.#names = names
    this.#limits = limits
    this.#state = state
    this.#values = new Map(names.map(name => [name, new Set<string>()]))
    for (const [key] of state.entries()) if (key.startsWith(this.#prefix)) this.#admit(key, this.#parse(key))
  }

  /** Only while a batch is handled. */
  add(labels: Readonly<Record<Name, string>>, by: number): void {
    const values = this.#names.map(name => this.#bounded(name, labels[name]))
    let key = this.#prefix + JSON.stringify(values)
    if (!this.#keys.has(key)) {
      if (this.#keys.size >= this.#limits.series) key = this.#prefix + JSON.stringify(this.#names.map(() => other))
      this.#admit(key, this.#parse(key))
    }
    this.#state.set(key, Number(this.#state.get(key) ?? 0) + by)
  }

  *samples(): Iterable<Sample> {
    for (const [key, value] of this.#state.entries()) {
      if (!key.startsWith(this.#prefix)) continue
      const values = this.#parse(key)
      const labels: Labels = Object.fromEntries(this.#names.map((name, i) => [name, values[i] ?? '']))
      yield { labels, value: Number(value) }
    }
  }

  #bounded(name: Name, value: string): string {
    const cut = value.length > longestValue ? value.slice(0, longestValue) : value
    const known = this.#values.get(name)
    return known === undefined || known.has(cut) || known.size < this.#limits.labelValues ? cut : other
  }

  #admit(key: string, values: readonly string[]): void {
    this.#keys.add(key)
    for (const [i, name] of this.#names.entries()) {
      const value = values[i]
      if (value !== undefined && value !== other) this.#values.get(name)?.add(value)
    }
  }

  #parse(key: string): string[] {
    return JSON.parse(key.slice(this.#prefix.length)) as string[] // add() wrote it
  }
}
