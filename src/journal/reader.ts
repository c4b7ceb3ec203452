import type { SQLOutputValue } from 'node:sqlite'
import type { KubeEvent } from '@kec/plugin-api'
import { journalError } from './failure.ts'
import type { JournalEvent, LedgerTail, Run } from './journal.ts'
import { unpack, unpackText } from './pack.ts'
import type { Store } from './store.ts'
import type { Tail } from './tail.ts'
import { oldestRow } from './when.ts'

/** Finds events: the newest in memory, the others in the file. */
export class Reader {
  readonly #store: Store
  readonly #tail: Tail
  readonly #decode: (line: string) => KubeEvent
  /** The row read last: small reads do not unpack it again and again. */
  #unpacked: Run | undefined
  /** The number before the oldest event, once it is known. */
  #before: number | undefined

  constructor(store: Store, tail: Tail, decode: (line: string) => KubeEvent) {
    this.#store = store
    this.#tail = tail
    this.#decode = decode
  }

  /** The events above `after` up to `head`, at most `limit`. Where some are gone, those above: `first` then says so, even with no events. */
  read(after: number, limit: number, head: number): Run {
    let first = after + 1
    const events: KubeEvent[] = []
    while (events.length < limit && first + events.length <= head) {
      const run = this.#holding(first + events.length)
      if (run === undefined || run.first > first + events.length) {
        if (events.length > 0) break // the next read finds the hole
        first = run?.first ?? head + 1
        if (run === undefined) break
      }
      const from = first + events.length - run.first
      for (const event of run.events.slice(from, from + limit - events.length)) events.push(event)
    }
    return { first, events }
  }

  pick(seqs: readonly number[]): JournalEvent[] {
    const picked: JournalEvent[] = []
    for (const seq of seqs) {
      const run = this.#holding(seq)
      const event = run?.events[seq - run.first]
      if (event !== undefined) picked.push({ seq, event })
    }
    return picked
  }

  /** The stored lines of these numbers, ascending; those that the file no longer has are left out. */
  lines(seqs: readonly number[]): Map<number, string> {
    const found = new Map<number, string>()
    let [first, lines]: [number, string[]] = [0, []]
    for (const seq of seqs) {
      if (seq >= first + lines.length) {
        const row = this.#store.sql.batchAtOrAbove.get(seq)
        if (row === undefined) break
        lines = unpack(row.records as Uint8Array, Number(row.count)) // the column is a BLOB
        first = Number(row.last) - lines.length + 1
      }
      const line = lines[seq - first]
      if (line !== undefined) found.set(seq, line)
    }
    return found
  }

  /** What one row holds, by the number of its newest event. */
  row(last: number): { readonly events: readonly KubeEvent[]; readonly ledger: string } {
    const row = this.#store.sql.batch.get(last)
    return row === undefined ? { events: [], ledger: '' } : this.#commit(row)
  }

  /** The number of the oldest event; above the head if there is none. */
  oldest(head: number): number {
    this.#before ??= oldestRow(this.#store)?.before
    return (this.#before ?? head) + 1
  }

  /** Rows were deleted: what is gone from the file is gone from memory, so that all see the same. */
  forget(head: number): void {
    this.#unpacked = undefined
    this.#before = undefined
    this.#tail.drop(this.oldest(head) - 1)
  }

  ledgerTail(stream: string): LedgerTail {
    const found = this.#store.read(() => this.#store.sql.snapshot.get(stream))
    return {
      snapshot: found === undefined ? undefined : (found.snapshot as Uint8Array), // the column is a BLOB
      commits: { [Symbol.iterator]: () => this.#commits(stream, Number(found?.head ?? 0)) },
    }
  }

  /** The run with this event; if the journal no longer holds it, the one above. */
  #holding(seq: number): Run | undefined {
    const inMemory = this.#tail.holding(seq)
    if (inMemory) return inMemory
    const cached = this.#unpacked
    if (cached && cached.first <= seq && seq < cached.first + cached.events.length) return cached
    return this.#store.read(() => {
      const row = this.#store.sql.batchAtOrAbove.get(seq)
      if (row === undefined) return undefined
      const events = this.#events(row)
      this.#unpacked = { first: Number(row.last) - events.length + 1, events }
      return this.#unpacked
    })
  }

  #events(row: Record<string, SQLOutputValue>): KubeEvent[] {
    const records = row.records as Uint8Array | null // the column is a BLOB; null where there is none
    return records === null ? [] : unpack(records, Number(row.count)).map(line => this.#decode(line))
  }

  #commit(row: Record<string, SQLOutputValue>): { events: readonly KubeEvent[]; ledger: string } {
    return { events: this.#events(row), ledger: unpackText(row.ledger as Uint8Array | null) } // a BLOB, or null
  }

  *#commits(stream: string, head: number): Generator<{ events: readonly KubeEvent[]; ledger: string }> {
    try {
      for (const row of this.#store.sql.ledgerTail.iterate({ ':stream': stream, ':head': head })) {
        yield this.#commit(row)
      }
    } catch (error) {
      throw journalError('read', this.#store.file, error)
    }
  }
}
