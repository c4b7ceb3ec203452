import type { Json, KubeEvent } from '@kec/plugin-api'
import { KecError } from '../errors.ts'
import type { ClusterIdentity } from '../event.ts'
import { Cursors } from './cursors.ts'
import { DeadLetters } from './dead-letters.ts'
import { type StreamGap, storedFacts, storedGaps } from './facts.ts'
import { journalError } from './failure.ts'
import type {
  Acknowledgement,
  Commit,
  CountName,
  Counts,
  Cursor,
  DeadLetter,
  DeadLetterQuery,
  Journal,
  JournalEvent,
  JournalSize,
  LedgerTail,
  Replay,
  Run,
} from './journal.ts'
import { pack, packText, rowsOf } from './pack.ts'
import { Reader } from './reader.ts'
import { Replays } from './replays.ts'
import { type Fold, Retention } from './retention.ts'
import { Room } from './room.ts'
import { damaged } from './row-sum.ts'
import { Store } from './store.ts'
import { Tail } from './tail.ts'
import { headAt, sizeOf } from './when.ts'

export interface JournalOptions {
  /** A path, or `:memory:` for one that ends with the process. */
  readonly file: string
  /** Makes an event of a record's line. */
  readonly decode: (line: string) => KubeEvent
  /** Milliseconds that an event is kept although every consumer is past it. Default 24 hours. */
  readonly maxAge?: number
  /** Bytes on disk that the journal may have: then the oldest events go, even if a consumer has not had them. Default 1 GiB. */
  readonly maxBytes?: number
  /** Makes of a commit's events and ledger entries the entries that say the same. Without it, a row stays until a snapshot covers it. */
  readonly fold?: Fold
  /** Told what the operator should know. */
  readonly warn?: (message: string) => void
}

const day = 24 * 60 * 60 * 1000
const gibibyte = 1024 ** 3
/** How many gaps are remembered. */
const maxGaps = 1_000

/**
 * Opens the journal, or makes a new one. Throws KecError: KEC_JOURNAL_LOCKED while another process has it open, KEC_JOURNAL if it cannot be
 * read or was written by a newer kec.
 */
export function openJournal(options: JournalOptions): Journal {
  const store = Store.open(options.file, options.maxBytes ?? gibibyte)
  try {
    return new SqliteJournal(store, options)
  } catch (error) {
    store.close()
    throw journalError('open', options.file, error)
  }
}

/** The file decides; what stands in memory beside it is changed after the commit only. */
class SqliteJournal implements Journal {
  readonly #store: Store
  readonly #cursors: Cursors
  readonly #deadLetters: DeadLetters
  readonly #replays: Replays
  readonly #retention: Retention
  readonly #reader: Reader
  readonly #tail = new Tail()
  readonly #maxBytes: number
  readonly #warn: (message: string) => void

  #cluster: ClusterIdentity | undefined
  readonly #counts: Counts
  readonly #positions: Map<string, Json>
  readonly #gaps: StreamGap[]
  readonly #snapshotHeads = new Map<string, number>()
  readonly #listeners: (() => void)[] = []
  readonly #room: Room

  constructor(store: Store, { decode, maxAge = day, maxBytes = gibibyte, fold, warn = () => {} }: JournalOptions) {
    this.#maxBytes = maxBytes
    this.#warn = warn
    const reader = new Reader(store, this.#tail, decode)
    const deadLetters = new DeadLetters(store, reader, decode)
    const replays = new Replays(store)
    const cursors = new Cursors(store, deadLetters, replays)
    this.#store = store
    this.#reader = reader
    this.#deadLetters = deadLetters
    this.#replays = replays
    this.#cursors = cursors
    const { cluster, counts, positions } = storedFacts(store)
    this.#cluster = cluster
    this.#counts = counts
    this.#positions = positions
    this.#gaps = storedGaps(store)
    for (const { stream, head } of store.sql.snapshotHeads.iterate()) this.#snapshotHeads.set(String(stream), Number(head))
    const snapshotHeads = this.#snapshotHeads
    this.#retention = new Retention({ store, cursors, deadLetters, replays, reader, snapshotHeads, maxAge, maxBytes, fold })
    this.#room = new Room(store, this.#retention, () => this.head, warn)
  }

  /** Numbers have no holes: the newest one is how many there were. */
  get head(): number {
    return this.#counts.journaled ?? 0
  }

  get oldest(): number {
    return this.#reader.oldest(this.head)
  }

  headAt(time: Date): number {
    return headAt(this.#store, time.getTime(), this.head)
  }

  get size(): JournalSize {
    return sizeOf(this.#store, this.head, this.#maxBytes)
  }

  get isInPlace(): boolean {
    return this.#store.isInPlace
  }

  get counts(): Readonly<Counts> {
    return this.#counts
  }

  get gaps(): readonly StreamGap[] {
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
    const packed = rows.map(pack)
    const sums = this.#sums({ ...counts, journaled: records.length })
    const incoming = packed.reduce((sum, { length }) => sum + length, 0)
    this.#room.need(incoming)
    const due = this.#retention.due(head, incoming)
    let forgetDue = () => {}

    this.#store.write(() => {
      let last = head
      for (const [index, row] of rows.entries()) {
        last += row.records.length
        sql.addBatch.run(last, row.records.length, time, stream, packed[index] ?? null, index === rows.length - 1 ? packText(ledger) : null)
      }
      if (rows.length === 0 && ledger !== '') sql.addUnjournaled.run(stream, head, packText(ledger))
      sql.setFact.run('position', stream, JSON.stringify(position))
      for (const [name, sum] of Object.entries(sums)) sql.setFact.run('count', name, JSON.stringify(sum))
      if (gap) {
        sql.addGap.run(stream, gap.from.getTime(), gap.to.getTime(), gap.cause)
        sql.deleteGaps.run(maxGaps)
      }
      forgetDue = this.#retention.write(due)
    })

    Object.assign(this.#counts, sums)
    this.#positions.set(stream, position)
    if (gap && this.#gaps.push({ ...gap, stream }) > maxGaps) this.#gaps.shift()
    forgetDue()
    let first = head + 1
    for (const row of rows) {
      const events = row.records.map(record => record.event)
      this.#tail.add(first, events, row.bytes)
      first += events.length
    }
    if (due.consumers.length > 0)
      this.#warn(`the journal keeps no place any longer for these sinks, which were not here for too long: ${due.consumers.join(', ')}`)
    this.#tail.drop(this.#cursors.passed(this.head))
    this.#tell()
  }

  read(after: number, limit: number): Run {
    const run = this.#reader.read(after, limit, this.head)
    if (run.first + run.events.length - 1 > this.head) throw damaged(this.#store.file, 'it has events after the newest one')
    return run
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
    this.#room.need(snapshot.length)
    this.#store.write(() => {
      sql.setSnapshot.run(stream, head, snapshot)
      sql.deleteUnjournaled.run(stream)
    })
    this.#snapshotHeads.set(stream, head)
  }

  join(consumer: string, at: 'now' | 'beginning'): Cursor {
    return this.#cursors.join(consumer, at === 'now' ? this.head : this.oldest - 1)
  }

  cursor(consumer: string): Cursor {
    return this.#cursors.get(consumer)
  }

  acknowledge(consumer: string, acknowledgement: Acknowledgement): Cursor {
    this.#cursors.acknowledge(consumer, acknowledgement)
    this.#tail.drop(this.#cursors.passed(this.head))
    if (acknowledgement.rejected.length > 0) this.#retention.expireDeadLetters()
    return this.#cursors.get(consumer)
  }

  state(consumer: string): ReadonlyMap<string, Json> {
    return this.#cursors.state(consumer)
  }

  deadLetters(query?: DeadLetterQuery): Iterable<DeadLetter> {
    return this.#deadLetters.list(query)
  }

  redriven(consumer: string, after: number, limit: number): readonly JournalEvent[] {
    return this.#deadLetters.redriven(consumer, after, limit)
  }

  redrive(consumer: string, seqs: readonly number[] | 'all'): number {
    const count = this.#cursors.redrive(consumer, seqs)
    this.#tell()
    return count
  }

  discard(consumer: string, seqs: readonly number[] | 'all'): number {
    return this.#cursors.discard(consumer, seqs)
  }

  replay({ consumer, since, rules }: { readonly consumer: string; readonly since: Date; readonly rules: Json }): number {
    this.#cursors.get(consumer) // throws for one that it does not know
    const next = this.headAt(since) + 1
    const count = Math.max(0, this.head - next + 1)
    if (count > 0) this.#replays.add({ consumer, next, last: this.head, rules, asked: new Date() })
    this.#tell()
    return count
  }

  replays(consumer?: string): readonly Replay[] {
    return this.#replays.of(consumer)
  }

  onNews(listener: () => void): void {
    this.#listeners.push(listener)
  }

  close(): void {
    this.#store.close()
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }

  #sums(counts: Counts): Counts {
    const sums: Counts = {}
    for (const key in counts) {
      const name = key as CountName // Counts has no others
      sums[name] = (this.#counts[name] ?? 0) + (counts[name] ?? 0)
    }
    return sums
  }
}
