import type { SQLOutputValue } from 'node:sqlite'
import type { KubeEvent } from '@kec/plugin-api'
import { journalError } from './failure.ts'
import type { JournalEvent, LedgerTail, Run } from './journal.ts'
import { DamagedBytes, unpack, unpackText } from './pack.ts'
import { damaged } from './row-sum.ts'
import type { Store } from './store.ts'
import type { Tail } from './tail.ts'
import { oldestRow } from './when.ts'

type Row = Record<string, SQLOutputValue>

/** What one row holds. */
interface Content {
  readonly events: readonly KubeEvent[]
  readonly ledger: string
}

/** Finds events: the newest in memory, the others in the file. A row whose bytes are not what was written is as if it were gone. */
export class Reader {
  readonly #store: Store
  readonly #tail: Tail
  readonly #decode: (line: string) => KubeEvent
  /** The row read last: small reads do not unpack it again and again. */
  #unpacked: Run | undefined
  /** The number before the oldest event, once it is known. */
  #before: number | undefined
  readonly #warn: (message: string) => void
  /** Rows that were found to be damaged: the numbers of their newest events, and how many they had. */
  readonly #damaged = new Map<number, number>()

  constructor(store: Store, tail: Tail, decode: (line: string) => KubeEvent, warn: (message: string) => void = () => {}) {
    this.#store = store
    this.#tail = tail
    this.#decode = decode
    this.#warn = warn
  }

  /** How many events were found to be damaged. */
  get damaged(): number {
    return this.#damaged.values().reduce((sum, count) => sum + count, 0)
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
        const row = this.#rowAt(seq)
        if (row === undefined) break
        lines = this.#lines(row) ?? []
        first = Number(row.last) - lines.length + 1
      }
      const line = lines[seq - first]
      if (line !== undefined) found.set(seq, line)
    }
    return found
  }

  /** What one row holds, by the number of its newest event; undefined if that cannot be told: it is damaged. */
  row(last: number): Content | undefined {
    return this.#store.read(() => {
      const row = this.#store.sql.batch.get(last)
      try {
        return row === undefined ? { events: [], ledger: '' } : this.#content(row)
      } catch (error) {
        if (error instanceof DamagedBytes) return undefined
        throw error
      }
    })
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
      for (let row = this.#rowAt(seq); row !== undefined; row = this.#rowAt(Number(row.last) + 1)) {
        const lines = this.#lines(row)
        if (lines === undefined) continue
        const events = lines.map(line => this.#decode(line))
        this.#unpacked = { first: Number(row.last) - events.length + 1, events }
        return this.#unpacked
      }
      return undefined
    })
  }

  #rowAt(seq: number): Row | undefined {
    return this.#store.sql.batchAtOrAbove.get(seq)
  }

  /** Undefined if they are damaged, in a second reading too: a disk may say another thing then. */
  #lines(row: Row): string[] | undefined {
    const last = Number(row.last)
    if (this.#damaged.has(last)) return undefined
    for (const read of [() => row, () => this.#fromDisk(last)])
      try {
        return linesOf(read() ?? row)
      } catch (error) {
        if (!(error instanceof DamagedBytes)) throw error
      }
    this.#damaged.set(last, Number(row.count))
    this.#warn(
      `the journal ${this.#store.file} is damaged: its events ${last - Number(row.count) + 1} to ${last} cannot be read, and are lost to each ` +
        'sink that has not had them (expired). The others are delivered. See that the disk is healthy.',
    )
    return undefined
  }

  #fromDisk(last: number): Row | undefined {
    this.#store.forgetPages()
    return this.#store.sql.batch.get(last)
  }

  #content(row: Row): Content {
    return { events: linesOf(row).map(line => this.#decode(line)), ledger: unpackText(row.ledger as Uint8Array | null) } // a BLOB, or null
  }

  *#commits(stream: string, head: number): Generator<Content> {
    const { sql, file } = this.#store
    let at: Row | undefined
    try {
      for (at of sql.ledgerTail.iterate({ ':stream': stream, ':head': head })) yield this.#content(at)
    } catch (error) {
      if (error instanceof DamagedBytes)
        throw damaged(file, `what came with its event ${at?.last} cannot be read, and kec must know it to tell what is new`)
      throw journalError('read', file, error)
    }
  }
}

function linesOf({ records, count }: Row): string[] {
  return records === null ? [] : unpack(records as Uint8Array, Number(count)) // the column is a BLOB; null where there is none
}
