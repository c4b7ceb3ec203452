import type { Log } from '../context.ts'
import type { Delivery } from '../delivery.ts'
import type { KubeEvent } from '../event.ts'

/** What is to become of one event. */
type Mark = { readonly outcome: 'retry' } | { readonly outcome: 'reject'; readonly reason: string }

/** The `delivery` that a sink gets with its batch: gathers the marks. */
export class Handover implements Delivery {
  readonly attempt: number
  readonly replay: boolean
  /** The longest time that the sink asked to be left alone, in ms. */
  quiet = 0
  readonly #batch: readonly KubeEvent[]
  readonly #marks = new Map<KubeEvent, Mark>()
  readonly #abort = new AbortController()
  readonly #log: Log
  #over = false

  constructor(batch: readonly KubeEvent[], attempt: number, replay: boolean, log: Log) {
    this.#batch = batch
    this.attempt = attempt
    this.replay = replay
    this.#log = log
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  abort(reason: Error): void {
    this.#abort.abort(reason)
  }

  reject(event: KubeEvent, reason: string): void {
    this.#mark(event, { outcome: 'reject', reason: String(reason) })
  }

  retry(event: KubeEvent): void {
    this.#mark(event, { outcome: 'retry' })
  }

  slowDown(ms: number): void {
    if (!this.#over && ms > 0) this.quiet = Math.max(this.quiet, ms)
  }

  /** The sink is done: marks count no more. */
  end(): void {
    this.#over = true
  }

  markOf(event: KubeEvent): Mark | undefined {
    return this.#marks.get(event)
  }

  get marked(): boolean {
    return this.#marks.size > 0
  }

  #mark(event: KubeEvent, mark: Mark): void {
    if (this.#over) this.#log.warn('a mark came after the batch had ended; it is ignored', { id: event.id })
    else {
      // A sink may have copied its events.
      const marked = this.#batch.includes(event) ? event : this.#batch.find(({ id }) => id === event.id)
      if (marked) this.#marks.set(marked, mark)
      else this.#log.warn('a mark is for an event that is not in the batch; it is ignored', { id: event.id })
    }
  }
}
