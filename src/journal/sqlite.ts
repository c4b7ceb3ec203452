import type { Json, KubeEvent } from '@kec/plugin-api'
import type { ClusterIdentity } from '../event.ts'
import { type AppendParts, append } from './append.ts'
import { Cursors } from './cursors.ts'
import { DeadLetters } from './dead-letters.ts'
import { Facts, type StreamGap } from './facts.ts'
import { journalError } from './failure.ts'
import type {
  Acknowledgement,
  Commit,
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
  readonly #facts: Facts
  readonly #cursors: Cursors
  readonly #deadLetters: DeadLetters
  readonly #replays: Replays
  readonly #retention: Retention
  readonly #room: Room
  readonly #reader: Reader
  readonly #tail = new Tail()
  readonly #snapshotHeads = new Map<string, number>()
  readonly #appending: AppendParts
  readonly #maxBytes: number
  readonly #listeners: (() => void)[] = []

  constructor(store: Store, { decode, maxAge = day, maxBytes = gibibyte, fold, warn = () => {} }: JournalOptions) {
    const facts = new Facts(store)
    const reader = new Reader(store, this.#tail, decode, warn)
    const deadLetters = new DeadLetters(store, reader, decode)
    const replays = new Replays(store)
    const cursors = new Cursors(store, deadLetters, replays)
    const snapshotHeads = this.#snapshotHeads
    for (const { stream, head } of store.sql.snapshotHeads.iterate()) snapshotHeads.set(String(stream), Number(head))
    const retention = new Retention({ store, cursors, deadLetters, replays, reader, snapshotHeads, maxAge, maxBytes, fold })
    this.#store = store
    this.#facts = facts
    this.#reader = reader
    this.#deadLetters = deadLetters
    this.#replays = replays
    this.#cursors = cursors
    this.#retention = retention
    this.#room = new Room(store, retention, () => facts.head, warn)
    this.#appending = { store, facts, retention, room: this.#room, tail: this.#tail, warn }
    this.#maxBytes = maxBytes
  }

  get head(): number {
    return this.#facts.head
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

  get damaged(): number {
    return this.#reader.damaged
  }

  get counts(): Readonly<Counts> {
    return this.#facts.counts
  }

  get gaps(): readonly StreamGap[] {
    return this.#facts.gaps
  }

  get cluster(): ClusterIdentity | undefined {
    return this.#facts.cluster
  }

  identify(cluster: ClusterIdentity): void {
    this.#facts.identify(cluster)
  }

  append(commit: Commit): void {
    append(this.#appending, commit)
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
    return this.#facts.positions.get(stream)
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
}
