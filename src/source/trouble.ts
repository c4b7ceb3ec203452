import type { Log } from '@kec/plugin-api'
import type { Failure, FailureCause } from './failure.ts'

/** The same trouble so often at one position: list instead. */
const maxStrikes = 3
/** ms. Who asks for more has lost a decimal point, and timers know nothing beyond 24 days. */
const longestRetryAfter = 3600_000

/** What goes wrong on one stream: said once, counted by cause, and answered by waits that double until there is progress. */
export class Trouble {
  readonly counts: Partial<Record<FailureCause, number>> = {}
  /** What is wrong now. */
  failing: string | undefined
  readonly #stream: string
  readonly #log: Log
  readonly #backoff: readonly [number, number]
  #inARow = 0
  #strikes = { version: '', count: 0 }

  constructor(stream: string, log: Log, backoff: readonly [number, number]) {
    this.#stream = stream
    this.#log = log
    this.#backoff = backoff
  }

  report(failure: Failure): void {
    this.count(failure.reason)
    if (failure.reason === 'gone') {
      this.#log.info('the position has expired at the API server: listing again', { stream: this.#stream })
      return
    }
    const level = this.failing === failure.message ? 'debug' : 'warn'
    this.#log[level](failure.message, { stream: this.#stream, cause: failure.reason })
    this.failing = failure.message
  }

  count(cause: FailureCause, times = 1): void {
    this.counts[cause] = (this.counts[cause] ?? 0) + times
  }

  /** The API server answers as it should. */
  answered(): void {
    if (this.failing !== undefined) this.#log.info('the API server answers again', { stream: this.#stream })
    this.failing = undefined
  }

  /** Something came of it: the next failure is a first one. */
  progress(): void {
    this.#inARow = 0
  }

  /** How long to wait before the next try, in ms. */
  wait({ reason, retryAfter = 0 }: Failure): number {
    const [first, longest] = this.#backoff
    const failures = this.#inARow++
    // An expired position is normal.
    if (reason === 'gone' && failures === 0) return 0
    return Math.max(Math.min(retryAfter, longestRetryAfter), Math.min(longest, first * 2 ** failures) * (0.5 + Math.random() / 2))
  }

  /** Is it the third time that this position itself seems to be the trouble? An API server that is down says nothing of it. */
  isStuck({ reason }: Failure, version: string): boolean {
    if (reason !== 'stream_error' && reason !== 'garbage' && reason !== 'bad_request') return false
    this.#strikes = { version, count: this.#strikes.version === version ? this.#strikes.count + 1 : 1 }
    return this.#strikes.count % maxStrikes === 0
  }
}
