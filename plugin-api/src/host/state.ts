import type { Json, State } from '../context.ts'

/** A plugin's small values: what is set while a batch is handled becomes true with the batch's outcome, or never. */
export class SinkState implements State {
  readonly #committed: ReadonlyMap<string, Json>
  #staged: Map<string, Json | undefined> | undefined
  #committedOnly = false

  /** `committed` is live: it changes when an outcome is committed. */
  constructor(committed: ReadonlyMap<string, Json>) {
    this.#committed = committed
  }

  /** A batch begins. */
  begin(): void {
    this.#staged = new Map()
  }

  /** The batch has ended; what it set is handed over, to be committed or forgotten. */
  end(): ReadonlyMap<string, Json | undefined> {
    const staged = this.#staged ?? new Map()
    this.#staged = undefined
    return staged
  }

  /** Runs `work` so that it sees committed values only, whatever batch is being handled. */
  committed<T>(work: () => T): T {
    this.#committedOnly = true
    try {
      return work()
    } finally {
      this.#committedOnly = false
    }
  }

  get(key: string): Json | undefined {
    const staged = this.#visible
    return staged?.has(key) ? staged.get(key) : this.#committed.get(key)
  }

  set(key: string, value: Json | undefined): void {
    if (this.#staged === undefined) throw new Error('state.set works only while a batch is handled: inside onEvent')
    this.#staged.set(key, value === undefined ? undefined : copyOf(key, value))
  }

  *entries(): Iterable<readonly [string, Json]> {
    const staged = this.#visible
    for (const entry of this.#committed) if (!staged?.has(entry[0])) yield entry
    for (const [key, value] of staged ?? []) if (value !== undefined) yield [key, value]
  }

  get #visible(): ReadonlyMap<string, Json | undefined> | undefined {
    return this.#committedOnly ? undefined : this.#staged
  }
}

/** As a restart would give it back, so that nobody changes it later; what JSON cannot hold is refused where it is set. */
function copyOf(key: string, value: Json): Json {
  if (typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) return value
  const text: string | undefined = typeof value === 'number' ? undefined : JSON.stringify(value) // undefined for a function, too
  if (text === undefined) throw new TypeError(`state.set(${JSON.stringify(key)}): this value cannot be written as JSON`)
  return JSON.parse(text) as Json // what JSON.stringify wrote
}
