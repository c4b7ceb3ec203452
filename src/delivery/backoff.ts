import type { Log } from '@kec/plugin-api'

/** How long to wait after failures in a row. */
export class Backoff {
  readonly #range: readonly [number, number]
  readonly #log: Log
  readonly #what: string
  #failures = 0
  #until = 0
  #last: string | undefined

  /** `range`: the first wait, which doubles, and the longest: ms. `what` fails, in the words of the log. */
  constructor(what: string, range: readonly [number, number], log: Log) {
    this.#what = what
    this.#range = range
    this.#log = log
  }

  get isFailing(): boolean {
    return this.#failures > 0
  }

  /** Not before, by performance.now(). */
  get until(): number {
    return this.#until
  }

  waitAtLeast(ms: number): void {
    this.#until = Math.max(this.#until, performance.now() + ms)
  }

  succeeded(): void {
    if (this.#failures > 0) this.#log.info(`${this.#what} succeeds again, after ${this.#failures} failures`)
    this.#failures = 0
  }

  failed(message: string): void {
    const again = message === this.#last && this.#failures > 0
    this.#last = message
    this.waitAtLeast(waitAfter(this.#failures++, this.#range))
    const wait = this.#until - performance.now() // longer, if the sink asked for that
    this.#log[again ? 'debug' : 'warn'](`${this.#what} failed; it is tried again in ${(wait / 1000).toFixed(1)} s: ${message}`)
  }
}

/** ms, with jitter. `failures`: how many there were before. */
export function waitAfter(failures: number, [first, longest]: readonly [number, number]): number {
  return Math.min(longest, first * 2 ** failures) * (0.5 + Math.random() / 2)
}
