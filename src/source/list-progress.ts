import type { Log } from '@kec/plugin-api'

/** Says how far a long list is: nothing of one that takes less than `every` ms. */
export class ListProgress {
  readonly #log: Log
  readonly #stream: string
  readonly #every: number
  #said = performance.now()
  #events = 0
  #long = false

  constructor(log: Log, stream: string, every = 2_000) {
    this.#log = log
    this.#stream = stream
    this.#every = every
  }

  /** `remaining`: how many are behind this page, if the API server said so. */
  page(events: number, remaining: number | undefined): void {
    this.#events += events
    if (performance.now() - this.#said < this.#every) return
    this.#said = performance.now()
    this.#long = true
    const total = remaining === undefined ? '' : ` of ${this.#events + remaining}`
    this.#log.info(`listing: ${this.#events}${total} events so far`, { stream: this.#stream })
  }

  end(): void {
    if (this.#long) this.#log.info(`listed all ${this.#events} events`, { stream: this.#stream })
  }
}
