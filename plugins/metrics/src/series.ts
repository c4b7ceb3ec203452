import type { Labels, Sample, State } from '@kec/plugin-api'

export interface Limits {
  /** Values of one label, `other` aside. */
  readonly labelValues: number
  /** Series in all. */
  readonly series: number
}

const other = 'other'
/** Characters of a label's value; what is longer is cut. */
const longestValue = 128

/**
 * One counter with labels. It has no memory but the plugin's state, so that what was admitted is committed, or forgotten, together with what
 * was counted:
 *
 *     METRIC {}         how many series there are, the one of all that came too late aside
 *     METRIC {LABEL}    how many values of the label there are
 *     METRIC LABEL=...  this value was admitted
 *     METRIC [...]      a series, by its labels' values: what was counted
 */
export class Series<Name extends string> {
  readonly #metric: string
  readonly #names: readonly Name[]
  readonly #limits: Limits
  readonly #state: State
  /** Of what came when there were enough series. */
  readonly #last: string

  constructor(metric: string, names: readonly Name[], limits: Limits, state: State) {
    this.#metric = metric
    this.#names = names
    this.#limits = limits
    this.#state = state
    this.#last = this.#key(names.map(() => other))
  }

  /** Only while a batch is handled. */
  add(labels: Readonly<Record<Name, string>>, by: number): void {
    if (by === 0) return
    const values = this.#names.map(name => labels[name].slice(0, longestValue).toWellFormed())
    let key = this.#key(values)
    if (this.#state.get(key) === undefined) key = this.#admit(values)
    this.#increase(key, by)
  }

  *samples(): Iterable<Sample> {
    const prefix = `${this.#metric} [`
    for (const [key, value] of this.#state.entries()) {
      if (!key.startsWith(prefix)) continue
      const values = JSON.parse(key.slice(prefix.length - 1)) as string[] // #key wrote it
      const labels: Labels = Object.fromEntries(this.#names.map((name, i) => [name, values[i] ?? '']))
      yield { labels, value: Number(value) }
    }
  }

  #key(values: readonly string[]): string {
    return `${this.#metric} ${JSON.stringify(values)}`
  }

  #increase(key: string, by: number): void {
    this.#state.set(key, Number(this.#state.get(key) ?? 0) + by)
  }

  /** The series that a new combination of values is counted in. */
  #admit(wanted: readonly string[]): string {
    const values = wanted.map((value, i) => (this.#hasRoom(i, value) ? value : other))
    const key = this.#key(values)
    if (this.#state.get(key) !== undefined) return key
    const total = `${this.#metric} {}`
    // One place is kept for the last.
    if (key === this.#last || Number(this.#state.get(total) ?? 0) + 1 >= this.#limits.series) return this.#last
    this.#increase(total, 1)
    for (const [i, value] of values.entries()) this.#admitValue(i, value)
    return key
  }

  #hasRoom(label: number, value: string): boolean {
    if (this.#limits.labelValues === Number.POSITIVE_INFINITY || value === other) return true
    return this.#state.get(this.#valueKey(label, value)) !== undefined || this.#valueCount(label) < this.#limits.labelValues
  }

  #admitValue(label: number, value: string): void {
    if (this.#limits.labelValues === Number.POSITIVE_INFINITY || value === other) return
    const key = this.#valueKey(label, value)
    if (this.#state.get(key) !== undefined) return
    this.#state.set(key, true)
    this.#increase(this.#countKey(label), 1)
  }

  #valueCount(label: number): number {
    return Number(this.#state.get(this.#countKey(label)) ?? 0)
  }

  #countKey(label: number): string {
    return `${this.#metric} {${this.#names[label]}}`
  }

  #valueKey(label: number, value: string): string {
    return `${this.#metric} ${this.#names[label]}=${value}`
  }
}
