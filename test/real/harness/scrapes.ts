import { setTimeout as sleep } from 'node:timers/promises'
import { imbalances, samplesOf } from '../../scrape.ts'
import type { Kec } from './kec.ts'

/** Scrapes whichever kec is the one now, every 50 ms, and remembers what no scrape may show. */
export class Scrapes implements AsyncDisposable {
  /** How many were answered. */
  count = 0
  /** Samples of kec_events_total that were lower than before, or gone. */
  readonly fallen: string[] = []
  /** Scrapes whose books did not balance. */
  readonly unbalanced: string[] = []
  readonly #highest = new Map<string, number>()
  readonly #stop = new AbortController()
  readonly #running: Promise<void>
  #kec: Kec | undefined

  constructor() {
    this.#running = this.#run()
  }

  /** Restarts included: what was seen of the one before holds for this one, too. */
  follow(kec: Kec): void {
    this.#kec = kec
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const text = await this.#kec?.scrape().catch(() => undefined) // it is not up yet, or was killed
      if (text !== undefined) this.#judge(text)
      await sleep(50, undefined, { signal: this.#stop.signal }).catch(() => undefined)
    }
  }

  #judge(text: string): void {
    this.count++
    this.unbalanced.push(...imbalances(text))
    const now = new Map(samplesOf(text, 'kec_events_total').map(({ labels, value }) => [JSON.stringify(labels), value]))
    for (const [series, highest] of this.#highest) {
      const value = now.get(series)
      if (value === undefined || value < highest) this.fallen.push(`${series}: ${value} after ${highest}`)
    }
    for (const [series, value] of now) this.#highest.set(series, value)
  }
}
