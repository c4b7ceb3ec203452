/** Time that passes when a test says so: puts itself in the place of performance.now, setTimeout and clearTimeout. */
export class FakeClock {
  now = 0
  readonly #timers = new Set<{ readonly at: number; readonly run: () => void }>()
  readonly #real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout, random: Math.random }

  install(): void {
    performance.now = () => this.now
    // The consumer asks for no more of a timer than that it can be unref'ed and cleared.
    globalThis.setTimeout = ((run: () => void, ms = 0) => {
      const timer = { at: this.now + ms, run, unref: () => timer }
      this.#timers.add(timer)
      return timer
    }) as never
    globalThis.clearTimeout = ((timer: never) => void this.#timers.delete(timer)) as never
    // No jitter: each wait is as long as it may be.
    Math.random = () => 1
  }

  uninstall(): void {
    Reflect.deleteProperty(performance, 'now')
    globalThis.setTimeout = this.#real.setTimeout
    globalThis.clearTimeout = this.#real.clearTimeout
    Math.random = this.#real.random
  }

  /** When the next timer is due. */
  get next(): number {
    return Math.min(...[...this.#timers].map(({ at }) => at))
  }

  /** The clock shows this time; what is due runs, in its order. */
  moveTo(time: number): void {
    this.now = time
    const due = [...this.#timers].filter(({ at }) => at <= time).sort((a, b) => a.at - b.at)
    for (const timer of due) if (this.#timers.delete(timer)) timer.run()
  }
}
