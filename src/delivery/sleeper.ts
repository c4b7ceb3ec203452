/** ms. A timer takes no more. */
const longestTimer = 2 ** 31 - 1

/** Sleeps, and can be woken. */
export class Sleeper {
  #wake: () => void = () => undefined

  /** Until it is woken, or so many ms are over, of which a timer may not last for all: who wants to sleep on does so again. */
  async sleep(ms?: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>(resolve => {
      this.#wake = resolve
      if (ms !== undefined) timer = setTimeout(resolve, Math.min(ms, longestTimer))
    })
    clearTimeout(timer)
  }

  /** Nothing, if it does not sleep. */
  wake(): void {
    this.#wake()
  }
}
