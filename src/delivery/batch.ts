import type { KubeEvent } from '@kec/plugin-api'

/** Events on their way to a sink, with their numbers in the journal; ascending. */
export interface Batch {
  readonly events: readonly KubeEvent[]
  readonly seqs: readonly number[]
  /** New ones move the cursor; dead letters and replays have books of their own. */
  readonly origin: 'new' | 'dead letters' | 'replay'
  /** 0 until it is tried. */
  readonly attempt: number
  /** Everything up to here is settled once this batch is: it and what the match skipped. */
  readonly end: number
  /** How many were skipped on the way. */
  readonly skipped: number
  /** How many were no longer in the journal, all of them before the first event. */
  readonly expired: number
}

/** The two halves of a batch, to find the event that fails. What was skipped or expired on the way is counted with the half it lies in. */
export function halve(batch: Batch): [Batch, Batch] {
  const middle = Math.ceil(batch.events.length / 2)
  const start = batch.end - batch.events.length - batch.skipped
  const end = batch.seqs[middle - 1] ?? batch.end
  const skipped = batch.skipped === 0 ? 0 : end - start - middle
  return [
    { ...batch, events: batch.events.slice(0, middle), seqs: batch.seqs.slice(0, middle), end, skipped },
    { ...batch, events: batch.events.slice(middle), seqs: batch.seqs.slice(middle), skipped: batch.skipped - skipped, expired: 0 },
  ]
}

/** Gathers what the match lets through, until it is a batch. */
export class Gatherer {
  readonly #matches: ((event: KubeEvent) => boolean) | undefined
  readonly #maxBatch: number
  #events: KubeEvent[] = []
  #seqs: number[] = []
  #skipped = 0
  #expired = 0
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

  /** Something became of numbers without an event for the sink: skipped or expired. */
  get hasPassed(): boolean {
    return this.#skipped + this.#expired > 0
  }

  get since(): number {
    return this.#since
  }

  /** The journal goes on with this number: those between are gone. Only while there are no events, so that they lie before the first one. */
  miss(first: number): void {
    this.#expired += first - 1 - this.#end
    this.#end = first - 1
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
    const batch: Batch = {
      events: Object.freeze(this.#events),
      seqs: this.#seqs,
      origin: 'new',
      attempt: 0,
      end: this.#end,
      skipped: this.#skipped,
      expired: this.#expired,
    }
    this.#events = []
    this.#seqs = []
    this.#skipped = 0
    this.#expired = 0
    return batch
  }
}
