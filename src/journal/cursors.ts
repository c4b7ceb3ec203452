import type { SQLOutputValue } from 'node:sqlite'
import type { Json } from '@kec/plugin-api'
import type { Acknowledgement, Cursor } from './journal.ts'
import type { Store } from './store.ts'

/** Where each consumer stands, and its state. What stands in memory is changed after the commit only. */
export class Cursors {
  readonly #store: Store
  /** Those that joined since the journal was opened. */
  readonly #joined = new Map<string, Cursor>()
  /** Those that did not, and when they were last here: milliseconds since 1970. */
  readonly #absent = new Map<string, { readonly cursor: Cursor; readonly seen: number }>()
  readonly #states = new Map<string, Map<string, Json>>()

  constructor(store: Store) {
    this.#store = store
    for (const row of store.sql.consumers.iterate()) this.#absent.set(String(row.name), { cursor: cursorOf(row), seen: Number(row.seen) })
  }

  /** One that is new gets what is above `from`. */
  join(consumer: string, from: number): Cursor {
    const { sql } = this.#store
    const known = this.#joined.get(consumer) ?? this.#absent.get(consumer)?.cursor
    this.#store.write(() => {
      if (known) sql.seeConsumer.run(Date.now(), consumer)
      else sql.addConsumer.run(consumer, from, from, Date.now())
    })
    const cursor = known ?? { joined: from, seq: from, retry: [], counts: { skipped: 0, delivered: 0, rejected: 0 } }
    this.#joined.set(consumer, cursor)
    this.#absent.delete(consumer)
    return cursor
  }

  acknowledge(consumer: string, { seq, retry, counts, state }: Acknowledgement): Cursor {
    const { sql } = this.#store
    const before = this.#joined.get(consumer)
    if (before === undefined) throw new Error(`the consumer ${consumer} has not joined`)
    const committed = this.#state(consumer)
    const skipped = before.counts.skipped + counts.skipped
    const delivered = before.counts.delivered + counts.delivered
    const rejected = before.counts.rejected + counts.rejected
    this.#store.write(() => {
      sql.moveConsumer.run(seq, JSON.stringify(retry), skipped, delivered, rejected, Date.now(), consumer)
      for (const [key, value] of state) {
        if (value === undefined) sql.deleteState.run(consumer, key)
        else sql.setState.run(consumer, key, JSON.stringify(value))
      }
    })
    const after: Cursor = { joined: before.joined, seq, retry, counts: { skipped, delivered, rejected } }
    this.#joined.set(consumer, after)
    for (const [key, value] of state) {
      if (value === undefined) committed.delete(key)
      else committed.set(key, value)
    }
    return after
  }

  state(consumer: string): ReadonlyMap<string, Json> {
    return this.#state(consumer)
  }

  /** Up to where everybody who joined is, `head` at most. */
  passed(head: number): number {
    let passed = head
    for (const cursor of this.#joined.values()) passed = Math.min(passed, settledBy(cursor))
    return passed
  }

  /** The same with those who are absent; but who stayed away since `before` waits for nothing any more, and is named. */
  passedByAll(head: number, before: number): { passed: number; gone: string[] } {
    let passed = this.passed(head)
    const gone: string[] = []
    for (const [name, { cursor, seen }] of this.#absent) {
      if (seen < before) gone.push(name)
      else passed = Math.min(passed, settledBy(cursor))
    }
    return { passed, gone }
  }

  /** To be called in a transaction. */
  remove(consumer: string): void {
    this.#store.sql.deleteConsumer.run(consumer)
    this.#store.sql.deleteAllState.run(consumer)
  }

  /** To be called after the commit. */
  forget(consumer: string): void {
    this.#absent.delete(consumer)
    this.#states.delete(consumer)
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

function cursorOf(row: Record<string, SQLOutputValue>): Cursor {
  return {
    joined: Number(row.joined),
    seq: Number(row.seq),
    retry: JSON.parse(String(row.retry)) as number[], // acknowledge() wrote it
    counts: { skipped: Number(row.skipped), delivered: Number(row.delivered), rejected: Number(row.rejected) },
  }
}
