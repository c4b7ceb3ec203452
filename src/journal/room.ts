import { diskFull } from './failure.ts'
import type { Retention } from './retention.ts'
import type { Store } from './store.ts'

/** Milliseconds between two lines about a disk that is full. */
const quiet = 60_000

/**
 * Makes room on a disk that is full, or nearly so, of what may go. A write that fails on the full disk changes nothing and is tried again by
 * whoever wanted it.
 */
export class Room {
  readonly #store: Store
  readonly #retention: Retention
  readonly #head: () => number
  readonly #warn: (message: string) => void
  #isBusy = false
  /** Events that left, since that was said. */
  #gone = 0
  #saidAt = Number.NEGATIVE_INFINITY

  constructor(store: Store, retention: Retention, head: () => number, warn: (message: string) => void) {
    this.#store = store
    this.#retention = retention
    this.#head = head
    this.#warn = warn
    store.onFull(() => this.#make())
  }

  /** To be called before events are added, and before the disk is full: then not even an acknowledgement could be written. */
  need(incoming: number): void {
    const store = this.#store
    if (store.hasRoomFor(incoming)) return
    store.emptyLog()
    if (store.hasRoomFor(incoming)) return
    this.#make()
    if (!store.hasRoomFor(incoming)) throw diskFull(store.file)
  }

  #make(): void {
    if (this.#isBusy) return
    this.#isBusy = true
    try {
      this.#store.emptyLog()
      const due = this.#retention.spare(this.#head())
      if (due.rows.length === 0) return
      this.#retention.apply(due)
      this.#store.emptyLog()
      this.#gone += due.rows.reduce((sum, { count }) => sum + count, 0)
      this.#say()
    } catch {
      // Not even that can be written: what comes again tries again.
    } finally {
      this.#isBusy = false
    }
  }

  /** Once a minute at most: a disk stays full. */
  #say(): void {
    if (performance.now() < this.#saidAt + quiet) return
    this.#warn(`the disk is full: ${this.#gone} events that every sink has had leave the journal, to make room for new ones`)
    this.#saidAt = performance.now()
    this.#gone = 0
  }
}
