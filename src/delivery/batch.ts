import type { KubeEvent } from '@kec/plugin-api'

/** Events on their way to a sink, with their numbers in the journal; ascending. */
export interface Batch {
  readonly events: readonly KubeEvent[]
  readonly seqs: readonly number[]
  /** 0 until it is tried. */
  readonly attempt: number
  /** Everything up to here is settled once this batch is: it and what the match skipped. */
  readonly end: number
  /** How many were skipped on the way. */
  readonly skipped: number
}

/** The two halves of a batch, to find the event that fails. What was skipped on the way is counted with the half it lies in. */
export function halve(batch: Batch): [Batch, Batch] {
  const middle = Math.ceil(batch.events.length / 2)
  const start = batch.end - batch.events.length - batch.skipped
  const end = batch.seqs[middle - 1] ?? batch.end
  const skipped = batch.skipped === 0 ? 0 : end - start - middle
  return [
    { ...batch, events: batch.events.slice(0, middle), seqs: batch.seqs.slice(0, middle), end, skipped },
    { ...batch, events: batch.events.slice(middle), seqs: batch.seqs.slice(middle), skipped: batch.skipped - skipped },
  ]
}

/** Gathers what the match lets through, until it is a batch. */
export class Gatherer {
  readonly #matches: ((event: KubeEvent) => boolean) | undefined
  readonly #maxBatch: number
  #events: KubeEvent[] = []
  #seqs: number[] = []
  #skipped = 0
  #end: number
  /** When the first of the events was taken, by performance.now(). */
  #since = 0

  /** `end`: the number that it begins behind. */
  constructor(end: number, maxBatch: number, matches: ((event: KubeEvent) => boolean) | undefined) {
    this.#end = end
    this.#maxBatch = maxBatch
    this.#matches = matches
  }

  /** Read on behind this number. */
  get end(): number {
    return this.#end
  }

  /** How many more make it full. */
  get room(): number {
    return this.#maxBatch - this.#events.length
  }

  get isEmpty(): boolean {
    return this.#events.length === 0
  }

  get skipped(): number {
    return this.#skipped
  }

  get since(): number {
    return this.#since
  }

  take(first: number, events: readonly KubeEvent[]): void {
    if (events.length === 0) return
    if (this.isEmpty) this.#since = performance.now()
    let seq = first
    for (const event of events) {
      if (this.#matches === undefined || this.#matches(event)) {
        this.#events.push(event)
        this.#seqs.push(seq)
      } else this.#skipped++
      seq++
    }
    this.#end = seq - 1
  }

  /** What was gathered; it begins anew behind it. */
  batch(): Batch {
    // Frozen: a sink that takes the batch apart must not take it from us.
    const batch = { events: Object.freeze(this.#events), seqs: this.#seqs, attempt: 0, end: this.#end, skipped: this.#skipped }
    this.#events = []
    this.#seqs = []
    this.#skipped = 0
    return batch
  }
}
