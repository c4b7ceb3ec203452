import type { KubeEvent } from '@kec/plugin-api'
import type { Run } from './journal.ts'

const maxEvents = 4_000
const maxBytes = 8 * 1024 * 1024

interface Piece extends Run {
  readonly bytes: number
}

/** The newest events, as objects, for readers near the head: bounded, whatever the backlog. */
export class Tail {
  #pieces: Piece[] = []
  #events = 0
  #bytes = 0

  add(first: number, events: readonly KubeEvent[], bytes: number): void {
    this.#pieces.push({ first, events, bytes })
    this.#events += events.length
    this.#bytes += bytes
    let over = 0
    while (this.#events > maxEvents || this.#bytes > maxBytes) this.#subtract(this.#pieces[over++])
    if (over > 0) this.#pieces.splice(0, over)
  }

  /** Lets go of what ends at or below this number. */
  drop(upTo: number): void {
    let done = 0
    for (const piece of this.#pieces) {
      if (piece.first + piece.events.length - 1 > upTo) break
      this.#subtract(piece)
      done += 1
    }
    if (done > 0) this.#pieces.splice(0, done)
  }

  holding(seq: number): Run | undefined {
    const oldest = this.#pieces[0]
    if (oldest === undefined || seq < oldest.first) return undefined
    return this.#pieces.findLast(piece => piece.first <= seq && seq < piece.first + piece.events.length)
  }

  #subtract(piece: Piece | undefined): void {
    this.#events -= piece?.events.length ?? 0
    this.#bytes -= piece?.bytes ?? 0
  }
}
