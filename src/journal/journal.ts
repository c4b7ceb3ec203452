import type { Json, KubeEvent } from '@kec/plugin-api'
import type { ClusterIdentity } from '../event.ts'

/**
 * What is counted where events come in. `filtered:<cause>` stands for a level, a namespace, a rule, or a plugin's name; `gap_milliseconds` for
 * the length of all gaps, also of those that are forgotten.
 */
export type CountName =
  | 'added'
  | 'modified'
  | 'listed'
  | 'duplicates'
  | 'history_skipped'
  | 'journaled'
  | 'gap_milliseconds'
  | `filtered:${string}`

export type Counts = Partial<Record<CountName, number>>

/** A time in which events may have come and gone unseen. */
export interface Gap {
  readonly from: Date
  readonly to: Date
  readonly cause: string
}

/** An event on its way into the journal: the event, and the bytes from which `decode` makes it again. One line: no newline in it. */
export interface NewRecord {
  readonly event: KubeEvent
  readonly line: Uint8Array
}

/** What is stored together or not at all: one read of one stream. */
export interface Commit {
  /** Which list + watch it comes from. */
  readonly stream: string
  readonly records: readonly NewRecord[]
  /** Where the stream stands after it. Only its source reads it. */
  readonly position: Json
  /** The ledger's entries for what was seen and is not among the records. Only its source reads it. */
  readonly ledger: string
  /** How much to add to each count; `journaled` is added by the journal. */
  readonly counts: Counts
  readonly gap?: Gap | undefined
}

/** An event in the journal, with its number: 1, 2, 3 … without holes. */
export interface JournalEvent {
  readonly seq: number
  readonly event: KubeEvent
}

/** Neighbours in the journal: `events[i]` has the number `first + i`. */
export interface Run {
  readonly first: number
  readonly events: readonly KubeEvent[]
}

type ConsumerCount = 'skipped' | 'delivered' | 'rejected'

/** Where a consumer stands. `journaled since it joined = skipped + delivered + rejected + pending` holds after every commit. */
export interface Cursor {
  /** The head of the journal when it joined: it gets what is above. */
  readonly joined: number
  /** All up to this number is settled, but for `retry`. */
  readonly seq: number
  /** What must come again before anything newer; ascending, each <= seq. */
  readonly retry: readonly number[]
  readonly counts: Readonly<Record<ConsumerCount, number>>
}

/** The outcome of one batch. */
export interface Acknowledgement {
  readonly seq: number
  readonly retry: readonly number[]
  /** How much to add to each count. */
  readonly counts: Readonly<Record<ConsumerCount, number>>
  /** What the plugin set while it handled the batch; undefined removes the key. */
  readonly state: ReadonlyMap<string, Json | undefined>
}

/**
 * Where a stream's ledger starts from: its last snapshot, and what was committed since, in order. A large commit comes in several pieces; its
 * ledger entries are in the last one.
 */
export interface LedgerTail {
  readonly snapshot: Uint8Array | undefined
  readonly commits: Iterable<{ readonly events: readonly KubeEvent[]; readonly ledger: string }>
}

/**
 * Append-only, ordered, durable. One commit holds a record batch, the stream's position, the ledger's entries and the counts: they cannot
 * disagree after a crash. Every method is synchronous; a method that writes throws KecError (KEC_JOURNAL) and has then changed nothing.
 */
export interface Journal {
  /** Appends, then tells the consumers. */
  append(commit: Commit): void
  /** The events above `after`, at most `limit`. From memory while a reader is near the head, else from the file. */
  read(after: number, limit: number): Run
  /** These events, ascending. Numbers that the journal no longer holds are left out. */
  pick(seqs: readonly number[]): readonly JournalEvent[]
  /** The number of the newest event; 0 if there is none. */
  readonly head: number
  /** The sums of all commits. */
  readonly counts: Readonly<Counts>
  /** The cluster that the journal belongs to, once that is known. */
  readonly cluster: ClusterIdentity | undefined
  /** Ties a new journal to its cluster; a journal that belongs to another cluster throws KecError (KEC_JOURNAL_CLUSTER). */
  identify(cluster: ClusterIdentity): void
  readonly gaps: readonly (Gap & { readonly stream: string })[]

  position(stream: string): Json | undefined
  ledgerTail(stream: string): LedgerTail
  /** Stores a stream's whole ledger, so that a start need not read what was committed before. */
  saveLedger(stream: string, snapshot: Uint8Array): void

  /**
   * The consumer's cursor; a consumer that is new joins at the head (`now`) or below the oldest event (`beginning`). All must join before the
   * first append: what nobody waits for any more is deleted from then on.
   */
  join(consumer: string, at: 'now' | 'beginning'): Cursor
  acknowledge(consumer: string, acknowledgement: Acknowledgement): Cursor
  /** The consumer's committed state, live: it changes with each acknowledgement. */
  state(consumer: string): ReadonlyMap<string, Json>

  /** Called after each append. */
  onAppend(listener: () => void): void
  close(): void
}
