import type { Log } from '../context.ts'
import type { Delivery } from '../delivery.ts'
import type { KubeEvent } from '../event.ts'

/** What is to become of one event. */
type Mark = { readonly outcome: 'retry' } | { readonly outcome: 'reject'; readonly reason: string }

/** ms. A sink that asks to be left alone for longer is asked again after a day: its events wait, and a wrong header must not stop it. */
const longestQuiet = 86_400_000

/** The logs of sinks that heard of such a mistake: with each batch they would hear the same. */
const told = new WeakSet<Log>()

/** The `delivery` that a sink gets with its batch: gathers the marks. */
export class Handover implements Delivery {
  readonly attempt: number
  readonly replay: boolean
  /** The longest time that the sink asked to be left alone, in ms; a day at most. */
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
    if (this.#over) return
    const isNumber = typeof ms === 'number' && !Number.isNaN(ms) // JavaScript may give anything, such as the text of a header
    if (!isNumber) this.#tell('slowDown takes milliseconds, and was given what is no number; nothing is waited for')
    else if (ms > longestQuiet) this.#tell('slowDown takes a day at most, and was given more; the sink is asked again after a day')
    if (isNumber) this.quiet = Math.max(this.quiet, Math.min(ms, longestQuiet))
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

  #tell(mistake: string): void {
    if (!told.has(this.#log)) this.#log.warn(mistake)
    told.add(this.#log)
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
