import { diskFull } from './failure.ts'
import type { Retention } from './retention.ts'
import type { Store } from './store.ts'

/** Milliseconds between two lines about a disk that is full. */
const quiet = 60_000

/**
 * Makes room on a disk that is nearly full, of what may go. Before it is full: then neither an acknowledgement nor a deletion could be
 * written, and the log could not be brought into the file.
 */
export class Room {
  readonly #store: Store
  readonly #retention: Retention
  readonly #head: () => number
  readonly #warn: (message: string) => void
  /** Events that left, since that was said. */
  #gone = 0
  #saidAt = Number.NEGATIVE_INFINITY

  constructor(store: Store, retention: Retention, head: () => number, warn: (message: string) => void) {
    this.#store = store
    this.#retention = retention
    this.#head = head
    this.#warn = warn
  }

  /** To be called before so many bytes are added. Throws KecError (KEC_JOURNAL) if there is no room for them: to be tried again. */
  need(incoming: number): void {
    const store = this.#store
    if (store.hasRoomFor(incoming)) return
    store.emptyLog()
    if (store.hasRoomFor(incoming)) return
    this.#make()
    if (!store.hasRoomFor(incoming)) throw diskFull(store.file)
  }

  #make(): void {
    const due = this.#retention.spare(this.#head())
    if (due.rows.length === 0) return
    this.#retention.apply(due)
    this.#store.emptyLog()
    this.#gone += due.rows.reduce((sum, { count }) => sum + count, 0)
    this.#say()
  }

  /** Once a minute at most: a disk stays full. */
  #say(): void {
    if (performance.now() < this.#saidAt + quiet) return
    this.#warn(`the disk is full: ${this.#gone} events that every sink has had leave the journal, to make room for new ones`)
    this.#saidAt = performance.now()
    this.#gone = 0
  }
}
