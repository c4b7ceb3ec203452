/** ms of a blocked thread that are worth a word. */
const worthAWord = 200
const every = 100

/**
 * Notices who blocks the thread. The synchronous part of a tap is measured exactly. What a plugin does after an await shows only as a timer
 * that comes late: then those are named who had a batch at that time.
 */
export class Blocking {
  readonly #report: (plugins: readonly string[], ms: number) => void
  readonly #inFlight = new Map<string, number>()
  #timer: NodeJS.Timeout | undefined
  #lastTick = 0
  /** ms since the last tick that were reported already. */
  #explained = 0

  constructor(report: (plugins: readonly string[], ms: number) => void) {
    this.#report = report
  }

  /** Runs the synchronous part of a plugin's code. */
  measure<T>(plugin: string, work: () => T): T {
    const began = performance.now()
    try {
      return work()
    } finally {
      const ms = performance.now() - began
      if (ms >= worthAWord) {
        this.#explained += ms
        this.#report([plugin], Math.round(ms))
      }
    }
  }

  /** The plugin has a batch, until the answer is called. */
  begin(plugin: string): () => void {
    if (this.#timer === undefined) {
      this.#lastTick = performance.now()
      this.#explained = 0
      this.#timer = setInterval(() => this.#tick(), every).unref()
    }
    this.#inFlight.set(plugin, (this.#inFlight.get(plugin) ?? 0) + 1)
    return () => {
      this.#tick()
      const left = (this.#inFlight.get(plugin) ?? 1) - 1
      if (left > 0) this.#inFlight.set(plugin, left)
      else this.#inFlight.delete(plugin)
      if (this.#inFlight.size > 0) return
      clearInterval(this.#timer)
      this.#timer = undefined
    }
  }

  #tick(): void {
    const now = performance.now()
    const late = now - this.#lastTick - every - this.#explained
    this.#lastTick = now
    this.#explained = 0
    if (late >= worthAWord) this.#report([...this.#inFlight.keys()], Math.round(late))
  }
}
