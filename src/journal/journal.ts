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

/**
 * Where a consumer stands. After every commit: `journaled since it joined = skipped + delivered + dead letters lying + discarded + expired +
 * pending`, where pending = journaled above seq + retry + dead letters redriven.
 */
export interface Cursor {
  /** The head of the journal when it joined: it gets what is above. */
  readonly joined: number
  /** All up to this number is settled, but for `retry`. */
  readonly seq: number
  /** What must come again before anything newer; ascending, each <= seq. */
  readonly retry: readonly number[]
  /** `discarded`: dead letters that an operator gave up; `expired`: what the journal let go of before the sink had it. */
  readonly counts: Readonly<Record<'skipped' | 'delivered' | 'discarded' | 'expired', number>>
  /** Its dead letters: they lie until an operator redrives or discards them; redriven ones wait to be handed over again. */
  readonly dead: { readonly lying: number; readonly redriven: number }
  /** Outcomes of what was replayed: counted apart, outside of the equation. */
  readonly replayed: { readonly delivered: number; readonly rejected: number }
}

/** An event that cannot be delivered. */
export interface Rejected {
  readonly seq: number
  readonly reason: string
  readonly attempts: number
}

/** The outcome of one batch. */
export interface Acknowledgement {
  readonly seq: number
  readonly retry: readonly number[]
  /** How much to add to each count. */
  readonly counts: Readonly<Record<'skipped' | 'delivered' | 'expired', number>>
  /** These become dead letters. One that the journal no longer holds is expired. */
  readonly rejected: readonly Rejected[]
  /** Of dead letters that were redriven: the delivered ones are gone, the rejected ones lie again. Those discarded meanwhile stay discarded. */
  readonly redriven?: { readonly delivered: readonly number[]; readonly rejected: readonly Rejected[] }
  /** A replay's next number, and what to add to its outcomes. Past its last number it is done, and gone. */
  readonly replay?: { readonly id: number; readonly next: number; readonly delivered: number; readonly rejected: number }
  /** What the plugin set while it handled the batch; undefined removes the key. */
  readonly state: ReadonlyMap<string, Json | undefined>
}

/** An event that a sink did not take, put aside. */
export interface DeadLetter extends Rejected {
  readonly consumer: string
  /** When it was rejected, the last time. */
  readonly time: Date
  /** Waits to be handed over again. */
  readonly redriven: boolean
  readonly event: KubeEvent
}

export interface DeadLetterQuery {
  /** Default: of all. */
  readonly consumer?: string
  /** Only this one. */
  readonly seq?: number
}

/** Events that an operator wants a sink to get once more: those from `next` to `last`. */
export interface Replay {
  readonly id: number
  readonly consumer: string
  readonly next: number
  readonly last: number
  /** Which of them, as `match` has it; null: all. */
  readonly rules: Json
  readonly asked: Date
}

/** How much room the journal takes. */
export interface JournalSize {
  /** On disk: the file and what SQLite keeps beside it, but for free pages in it. */
  readonly bytes: number
  readonly maxBytes: number
  /** How many hours of events maxBytes holds at the rate of the last 24 h. Undefined if there were none. */
  readonly hours: number | undefined
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

  /** The number of the oldest event that is still there; head + 1 if there is none. What a consumer has not read below it is expired. */
  readonly oldest: number
  /** The newest number stored before this time: what is above came later. */
  headAt(time: Date): number
  readonly size: JournalSize
  /** Is the file that was opened still what its path leads to? If not, what is stored is lost when the process ends. */
  readonly isInPlace: boolean
  /** How many events were found to be damaged in the file since it was opened: for whoever has not had them, they are gone. */
  readonly damaged: number

  /**
   * The consumer's cursor; a consumer that is new joins at the head (`now`) or below the oldest event (`beginning`). All must join before the
   * first append: what nobody waits for any more is deleted from then on.
   */
  join(consumer: string, at: 'now' | 'beginning'): Cursor
  /** As committed. Throws for one that has not joined. */
  cursor(consumer: string): Cursor
  acknowledge(consumer: string, acknowledgement: Acknowledgement): Cursor
  /** The consumer's committed state, live: it changes with each acknowledgement. */
  state(consumer: string): ReadonlyMap<string, Json>

  /** Read while they are asked for, in the order of consumers and numbers. */
  deadLetters(query?: DeadLetterQuery): Iterable<DeadLetter>
  /** Dead letters that wait to be handed over again: ascending, those above `after`, at most `limit`. */
  redriven(consumer: string, after: number, limit: number): readonly JournalEvent[]
  /** Lets dead letters come again. Also of a consumer that is not here: it gets them when it is back. Answers how many. */
  redrive(consumer: string, seqs: readonly number[] | 'all'): number
  /** Gives dead letters up. Answers how many. */
  discard(consumer: string, seqs: readonly number[] | 'all'): number

  /** Has a consumer get once more what was stored since then. Answers how many numbers it will look at; with none, nothing is stored. */
  replay(wish: { readonly consumer: string; readonly since: Date; readonly rules: Json }): number
  /** What is not done yet, oldest first. */
  replays(consumer?: string): readonly Replay[]

  /** Called after each append, and when an operator wants dead letters or events to come again. */
  onNews(listener: () => void): void
  close(): void
}
