import type { Json, KubeEvent } from '@kec/plugin-api'
import { KecError } from '../errors.ts'
import type { ClusterIdentity } from '../event.ts'
import { Cursors } from './cursors.ts'
import type { Acknowledgement, Commit, CountName, Counts, Cursor, Gap, Journal, JournalEvent, LedgerTail, Run } from './journal.ts'
import { pack, packText, rowsOf } from './pack.ts'
import { Reader } from './reader.ts'
import { Store } from './store.ts'
import { Tail } from './tail.ts'

export interface JournalOptions {
  /** A path, or `:memory:` for one that ends with the process. */
  readonly file: string
  /** Makes an event of a record's line. */
  readonly decode: (line: string) => KubeEvent
  /** Milliseconds that an event is kept although every consumer is past it. Default 24 hours. */
  readonly maxAge?: number
}

const day = 24 * 60 * 60 * 1000
/** Rows deleted in one append: more than most appends add, so that the journal shrinks, and few, so that no append is slow. */
const deletedAtOnce = 4
/** How many gaps are remembered. */
const maxGaps = 1_000

/**
 * Opens the journal, or makes a new one. Throws KecError: KEC_JOURNAL_LOCKED while another process has it open, KEC_JOURNAL if it cannot be
 * read or was written by a newer kec.
 */
export function openJournal(options: JournalOptions): Journal {
  return new SqliteJournal(options)
}

/** The file decides; what stands in memory beside it is changed after the commit only. */
class SqliteJournal implements Journal {
  readonly #store: Store
  readonly #cursors: Cursors
  readonly #reader: Reader
  readonly #tail = new Tail()
  readonly #maxAge: number

  #cluster: ClusterIdentity | undefined
  readonly #counts: Counts = {}
  readonly #positions = new Map<string, Json>()
  readonly #gaps: (Gap & { readonly stream: string })[] = []
  readonly #snapshotHeads = new Map<string, number>()
  readonly #listeners: (() => void)[] = []

  constructor({ file, decode, maxAge = day }: JournalOptions) {
    this.#maxAge = maxAge
    this.#store = new Store(file)
    this.#cursors = new Cursors(this.#store)
    this.#reader = new Reader(this.#store, this.#tail, decode)
    const { sql } = this.#store
    for (const { kind, name, value } of sql.facts.iterate()) {
      const fact: unknown = JSON.parse(String(value))
      if (kind === 'cluster') this.#cluster = fact as ClusterIdentity // identify() wrote it
      if (kind === 'count') this.#counts[name as CountName] = fact as number // append() wrote it
      if (kind === 'position') this.#positions.set(String(name), fact as Json) // append() wrote it
    }
    for (const { stream, start, stop, cause } of sql.gaps.iterate())
      this.#gaps.push({ stream: String(stream), from: new Date(Number(start)), to: new Date(Number(stop)), cause: String(cause) })
    for (const { stream, head } of sql.snapshotHeads.iterate()) this.#snapshotHeads.set(String(stream), Number(head))
  }

  /** Numbers have no holes: the newest one is how many there were. */
  get head(): number {
    return this.#counts.journaled ?? 0
  }

  get counts(): Readonly<Counts> {
    return this.#counts
  }

  get gaps(): readonly (Gap & { readonly stream: string })[] {
    return this.#gaps
  }

  get cluster(): ClusterIdentity | undefined {
    return this.#cluster
  }

  identify({ name, uid }: ClusterIdentity): void {
    const known = this.#cluster
    if (known !== undefined && known.uid !== uid)
      throw new KecError(
        'KEC_JOURNAL_CLUSTER',
        `The journal ${this.#store.file} belongs to the cluster ${known.name} (${known.uid}), not to ${name} (${uid}).`,
        'Give this cluster another name (cluster) or another folder (journal.dir); or move the journal away if its cluster is gone.',
      )
    if (known?.name === name) return
    this.#store.write(() => this.#store.sql.setFact.run('cluster', '', JSON.stringify({ name, uid })))
    this.#cluster = { name, uid }
  }

  append({ stream, records, position, ledger, counts, gap }: Commit): void {
    const { head } = this
    const { sql } = this.#store
    const time = Date.now()
    const rows = rowsOf(records)
    const sums = this.#sums({ ...counts, journaled: records.length })
    const expired = this.#expired(time)

    this.#store.write(() => {
      let last = head
      for (const [index, row] of rows.entries()) {
        last += row.records.length
        sql.addBatch.run(last, row.records.length, time, stream, pack(row), index === rows.length - 1 ? packText(ledger) : null)
      }
      if (rows.length === 0 && ledger !== '') sql.addUnjournaled.run(stream, head, packText(ledger))
      sql.setFact.run('position', stream, JSON.stringify(position))
      for (const [name, sum] of Object.entries(sums)) sql.setFact.run('count', name, JSON.stringify(sum))
      if (gap) {
        sql.addGap.run(stream, gap.from.getTime(), gap.to.getTime(), gap.cause)
        sql.deleteGaps.run(maxGaps)
      }
      for (const batch of expired.batches) sql.deleteBatch.run(batch)
      for (const consumer of expired.consumers) this.#cursors.remove(consumer)
    })

    Object.assign(this.#counts, sums)
    this.#positions.set(stream, position)
    if (gap && this.#gaps.push({ ...gap, stream }) > maxGaps) this.#gaps.shift()
    for (const consumer of expired.consumers) this.#cursors.forget(consumer)
    if (expired.batches.length > 0) this.#reader.forget()
    let first = head + 1
    for (const row of rows) {
      const events = row.records.map(record => record.event)
      this.#tail.add(first, events, row.bytes)
      first += events.length
    }
    this.#tail.drop(this.#cursors.passed(this.head))
    for (const listener of this.#listeners) listener()
  }

  read(after: number, limit: number): Run {
    return this.#reader.read(after, limit, this.head)
  }

  pick(seqs: readonly number[]): readonly JournalEvent[] {
    return this.#reader.pick(seqs)
  }

  position(stream: string): Json | undefined {
    return this.#positions.get(stream)
  }

  ledgerTail(stream: string): LedgerTail {
    return this.#reader.ledgerTail(stream)
  }

  saveLedger(stream: string, snapshot: Uint8Array): void {
    const { head } = this
    const { sql } = this.#store
    this.#store.write(() => {
      sql.setSnapshot.run(stream, head, snapshot)
      sql.deleteUnjournaled.run(stream)
    })
    this.#snapshotHeads.set(stream, head)
  }

  join(consumer: string, at: 'now' | 'beginning'): Cursor {
    if (at === 'now') return this.#cursors.join(consumer, this.head)
    const [oldest] = this.#store.read(() => this.#store.sql.oldestBatches.all(1))
    return this.#cursors.join(consumer, oldest === undefined ? this.head : Number(oldest.last) - Number(oldest.count))
  }

  acknowledge(consumer: string, acknowledgement: Acknowledgement): Cursor {
    const cursor = this.#cursors.acknowledge(consumer, acknowledgement)
    this.#tail.drop(this.#cursors.passed(this.head))
    return cursor
  }

  state(consumer: string): ReadonlyMap<string, Json> {
    return this.#cursors.state(consumer)
  }

  onAppend(listener: () => void): void {
    this.#listeners.push(listener)
  }

  close(): void {
    this.#store.close()
  }

  #sums(counts: Counts): Counts {
    const sums: Counts = {}
    for (const key in counts) {
      const name = key as CountName // Counts has no others
      sums[name] = (this.#counts[name] ?? 0) + (counts[name] ?? 0)
    }
    return sums
  }

  /** What nobody needs any more, oldest first, and the consumers that stayed away for too long. */
  #expired(now: number): { batches: number[]; consumers: string[] } {
    const before = now - this.#maxAge
    const { passed, gone } = this.#cursors.passedByAll(this.head, before)
    const batches: number[] = []
    for (const { last, time, stream } of this.#store.read(() => this.#store.sql.oldestBatches.all(deletedAtOnce))) {
      const number = Number(last)
      if (Number(time) >= before || number > passed || number > (this.#snapshotHeads.get(String(stream)) ?? 0)) break
      batches.push(number)
    }
    return { batches, consumers: gone }
  }
}
