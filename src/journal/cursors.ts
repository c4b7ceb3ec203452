import type { Json } from '@kec/plugin-api'
import { KecError } from '../errors.ts'
import { newCursor, storeCursor, storedCursors } from './cursor-rows.ts'
import type { DeadLetters } from './dead-letters.ts'
import type { Acknowledgement, Cursor } from './journal.ts'
import type { Replays } from './replays.ts'
import type { Store } from './store.ts'

interface Entry {
  cursor: Cursor
  /** When it was last here: milliseconds since 1970. */
  readonly seen: number
  /** It joined since the journal was opened. */
  readonly here: boolean
}

/** Where each consumer stands, and its state. What stands in memory is changed after the commit only. */
export class Cursors {
  readonly #store: Store
  readonly #dead: DeadLetters
  readonly #replays: Replays
  readonly #entries = new Map<string, Entry>()
  readonly #states = new Map<string, Map<string, Json>>()

  constructor(store: Store, dead: DeadLetters, replays: Replays) {
    this.#store = store
    this.#dead = dead
    this.#replays = replays
    for (const [name, cursor, seen] of storedCursors(store)) this.#entries.set(name, { cursor, seen: seen.getTime(), here: false })
  }

  /** One that is new gets what is above `from`. */
  join(consumer: string, from: number): Cursor {
    const { sql } = this.#store
    const known = this.#entries.get(consumer)
    const seen = Date.now()
    this.#store.write(() => {
      if (known) sql.seeConsumer.run(seen, consumer)
      else sql.addConsumer.run(consumer, from, from, seen)
    })
    const cursor = known?.cursor ?? newCursor(from)
    this.#entries.set(consumer, { cursor, seen, here: true })
    return cursor
  }

  /** Of any that the journal knows. */
  get(consumer: string): Cursor {
    return this.#entry(consumer).cursor
  }

  acknowledge(consumer: string, acknowledgement: Acknowledgement): Cursor {
    const { seq, retry, counts, rejected, redriven, replay, state } = acknowledgement
    const entry = this.#entry(consumer)
    const before = entry.cursor
    const committed = this.#state(consumer)
    let after = before
    this.#store.write(() => {
      const lying = this.#dead.add(consumer, rejected)
      const back = redriven ? this.#dead.settle(consumer, redriven) : { delivered: 0, lying: 0 }
      after = {
        joined: before.joined,
        seq,
        retry,
        counts: {
          skipped: before.counts.skipped + counts.skipped,
          delivered: before.counts.delivered + counts.delivered + back.delivered,
          discarded: before.counts.discarded,
          expired: before.counts.expired + counts.expired + rejected.length - lying,
        },
        dead: {
          lying: before.dead.lying + lying + back.lying,
          redriven: before.dead.redriven - back.delivered - back.lying,
        },
        replayed: {
          delivered: before.replayed.delivered + (replay?.delivered ?? 0),
          rejected: before.replayed.rejected + (replay?.rejected ?? 0),
        },
      }
      storeCursor(this.#store, consumer, after)
      if (replay) this.#replays.move(replay.id, replay.next)
      const { sql } = this.#store
      for (const [key, value] of state) {
        if (value === undefined) sql.deleteState.run(consumer, key)
        else sql.setState.run(consumer, key, JSON.stringify(value))
      }
    })
    entry.cursor = after
    if (replay) this.#replays.moved(replay.id, replay.next)
    for (const [key, value] of state) {
      if (value === undefined) committed.delete(key)
      else committed.set(key, value)
    }
    return after
  }

  /** Lets dead letters come again; answers how many. */
  redrive(consumer: string, seqs: readonly number[] | 'all'): number {
    return this.#changeDead(consumer, ({ dead, ...rest }) => {
      const moved = this.#dead.redrive(consumer, seqs)
      return [moved, { ...rest, dead: { lying: dead.lying - moved, redriven: dead.redriven + moved } }]
    })
  }

  /** Gives dead letters up; answers how many. */
  discard(consumer: string, seqs: readonly number[] | 'all'): number {
    return this.#changeDead(consumer, cursor => this.#withoutDead(consumer, cursor, seqs, 'discarded'))
  }

  /** Dead letters have gone because the journal is full. To be called in a transaction; what it returns, after the commit. */
  expire(consumer: string, seqs: readonly number[]): () => void {
    const entry = this.#entry(consumer)
    const [, cursor] = this.#withoutDead(consumer, entry.cursor, seqs, 'expired')
    storeCursor(this.#store, consumer, cursor)
    return () => {
      entry.cursor = cursor
    }
  }

  state(consumer: string): ReadonlyMap<string, Json> {
    return this.#state(consumer)
  }

  /** Up to where everybody who joined is, `head` at most. */
  passed(head: number): number {
    let passed = head
    for (const { cursor, here } of this.#entries.values()) if (here) passed = Math.min(passed, settledBy(cursor))
    return passed
  }

  /** The same with those who are absent; but who stayed away since `before` waits for nothing any more, and is named. */
  passedByAll(head: number, before: number): { passed: number; gone: string[] } {
    let passed = this.passed(head)
    const gone: string[] = []
    for (const [name, { cursor, seen, here }] of this.#entries) {
      if (here) continue
      if (seen < before) gone.push(name)
      else passed = Math.min(passed, settledBy(cursor))
    }
    return { passed, gone }
  }

  /** With all that it had. To be called in a transaction. */
  remove(consumer: string): void {
    const { sql } = this.#store
    sql.deleteConsumer.run(consumer)
    sql.deleteAllState.run(consumer)
    this.#dead.removeAll(consumer)
    sql.deleteReplays.run(consumer)
  }

  /** To be called after the commit. */
  forget(consumer: string): void {
    this.#entries.delete(consumer)
    this.#states.delete(consumer)
    this.#replays.forget(consumer)
  }

  #changeDead(consumer: string, change: (cursor: Cursor) => [changed: number, after: Cursor]): number {
    const entry = this.#entry(consumer)
    let [changed, after] = [0, entry.cursor]
    this.#store.write(() => {
      ;[changed, after] = change(entry.cursor)
      if (changed > 0) storeCursor(this.#store, consumer, after)
    })
    entry.cursor = after
    return changed
  }

  /** Takes dead letters away: how many there were, and the cursor without them. To be called in a transaction. */
  #withoutDead(
    consumer: string,
    cursor: Cursor,
    seqs: readonly number[] | 'all',
    outcome: 'discarded' | 'expired',
  ): [gone: number, after: Cursor] {
    const { counts, dead } = cursor
    const { total, redriven } =
      seqs === 'all' ? { total: this.#dead.removeAll(consumer), redriven: dead.redriven } : this.#dead.remove(consumer, seqs)
    return [
      total,
      {
        ...cursor,
        counts: { ...counts, [outcome]: counts[outcome] + total },
        dead: { lying: dead.lying - (total - redriven), redriven: dead.redriven - redriven },
      },
    ]
  }

  #entry(consumer: string): Entry {
    const entry = this.#entries.get(consumer)
    if (entry) return entry
    const names = [...this.#entries.keys()].join(', ') || 'none'
    throw new KecError('KEC_JOURNAL', `The journal knows no sink ${consumer}.`, `It knows: ${names}.`)
  }

  #state(consumer: string): Map<string, Json> {
    let state = this.#states.get(consumer)
    if (state === undefined) {
      const rows = this.#store.read(() => this.#store.sql.state.all(consumer))
      state = new Map(rows.map(({ key, value }) => [String(key), JSON.parse(String(value)) as Json])) // acknowledge() wrote it
      this.#states.set(consumer, state)
    }
    return state
  }
}

/** All up to this number is settled. */
function settledBy({ seq, retry: [oldest] }: Cursor): number {
  return oldest === undefined ? seq : oldest - 1
}
