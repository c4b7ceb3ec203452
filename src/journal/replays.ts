import type { Json } from '@kec/plugin-api'
import type { Replay } from './journal.ts'
import type { Store } from './store.ts'

/** What operators want to come once more, and how far that is. What stands in memory is changed after the commit only. */
export class Replays {
  readonly #store: Store
  #all: Replay[]

  constructor(store: Store) {
    this.#store = store
    this.#all = storedReplays(store)
  }

  add(replay: Omit<Replay, 'id'>): void {
    const { consumer, next, last, rules, asked } = replay
    let id = 0
    this.#store.write(() => {
      id = Number(this.#store.sql.addReplay.run(consumer, next, last, JSON.stringify(rules), asked.getTime()).lastInsertRowid)
    })
    this.#all.push({ id, ...replay })
  }

  of(consumer: string | undefined): readonly Replay[] {
    return consumer === undefined ? this.#all : this.#all.filter(replay => replay.consumer === consumer)
  }

  /** What is below is needed by none. */
  get passed(): number {
    return this.#all.reduce((least, { next }) => Math.min(least, next - 1), Number.POSITIVE_INFINITY)
  }

  /** To be called in a transaction. */
  move(id: number, next: number): void {
    const { sql } = this.#store
    if (next > this.#last(id)) sql.deleteReplay.run(id)
    else sql.moveReplay.run(next, id)
  }

  /** To be called after the commit. */
  moved(id: number, next: number): void {
    if (next > this.#last(id)) this.#all = this.#all.filter(replay => replay.id !== id)
    else this.#all = this.#all.map(replay => (replay.id === id ? { ...replay, next } : replay))
  }

  /** To be called after the commit. */
  forget(consumer: string): void {
    this.#all = this.#all.filter(replay => replay.consumer !== consumer)
  }

  #last(id: number): number {
    return this.#all.find(replay => replay.id === id)?.last ?? 0
  }
}

/** As the file has them. */
export function storedReplays(store: Store): Replay[] {
  return store.read(() =>
    store.sql.replays.all().map(row => ({
      id: Number(row.id),
      consumer: String(row.consumer),
      next: Number(row.next),
      last: Number(row.last),
      rules: JSON.parse(String(row.rules)) as Json, // add() wrote it
      asked: new Date(Number(row.asked)),
    })),
  )
}
