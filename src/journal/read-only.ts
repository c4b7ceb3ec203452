import type { Json, KubeEvent } from '@kec/plugin-api'
import type { ClusterIdentity } from '../event.ts'
import { storedCursors } from './cursor-rows.ts'
import { DeadLetters } from './dead-letters.ts'
import { type StreamGap, storedFacts, storedGaps } from './facts.ts'
import type { Counts, Cursor, DeadLetter, DeadLetterQuery, LedgerTail, Replay, Run } from './journal.ts'
import { Reader } from './reader.ts'
import { storedReplays } from './replays.ts'
import { Store } from './store.ts'
import { Tail } from './tail.ts'
import { headAt, oldestRow } from './when.ts'

interface StoredCursor extends Cursor {
  readonly name: string
  /** When it was last here: joined, or acknowledged. */
  readonly seen: Date
}

/**
 * Reads a journal's file, also beside a kec that has it open; it needs no lock and changes nothing. Everything is read when it is asked for:
 * two answers may be of two commits.
 */
export interface JournalReader {
  readonly head: number
  /** The number of the oldest event that is still there; head + 1 if there is none. */
  readonly oldest: number
  readonly counts: Readonly<Counts>
  readonly cluster: ClusterIdentity | undefined
  readonly gaps: readonly StreamGap[]
  /** What each stream last stored. Only the source knows what it means. */
  readonly positions: ReadonlyMap<string, Json>
  readonly consumers: readonly StoredCursor[]
  /** Bytes on disk. */
  readonly bytes: number
  /** Is the file that was opened still what its path leads to? If not, nothing new comes into it. */
  readonly isInPlace: boolean
  /** The events above `after`, at most `limit`; where some are gone, those above. */
  read(after: number, limit: number): Run
  /** The newest number stored before this time: what is above came later. */
  headAt(time: Date): number
  deadLetters(query?: DeadLetterQuery): Iterable<DeadLetter>
  replays(): readonly Replay[]
  ledgerTail(stream: string): LedgerTail
  close(): void
}

/** Throws KecError (KEC_JOURNAL) if there is none, it may not be read, or it is not of this kec. */
export function openJournalReader({
  file,
  decode,
}: {
  readonly file: string
  readonly decode: (line: string) => KubeEvent
}): JournalReader {
  return new FileReader(file, decode)
}

class FileReader implements JournalReader {
  readonly #store: Store
  readonly #reader: Reader
  readonly #deadLetters: DeadLetters

  constructor(file: string, decode: (line: string) => KubeEvent) {
    this.#store = Store.openToRead(file)
    this.#reader = new Reader(this.#store, new Tail(), decode)
    this.#deadLetters = new DeadLetters(this.#store, this.#reader, decode)
  }

  get head(): number {
    return this.counts.journaled ?? 0
  }

  get oldest(): number {
    return (oldestRow(this.#store)?.before ?? this.head) + 1
  }

  get counts(): Readonly<Counts> {
    return storedFacts(this.#store).counts
  }

  get cluster(): ClusterIdentity | undefined {
    return storedFacts(this.#store).cluster
  }

  get gaps(): readonly StreamGap[] {
    return storedGaps(this.#store)
  }

  get positions(): ReadonlyMap<string, Json> {
    return storedFacts(this.#store).positions
  }

  get consumers(): readonly StoredCursor[] {
    return storedCursors(this.#store).map(([name, cursor, seen]) => ({ name, seen, ...cursor }))
  }

  get bytes(): number {
    const { used, wal } = this.#store.bytes
    return used + wal
  }

  get isInPlace(): boolean {
    return this.#store.isInPlace
  }

  read(after: number, limit: number): Run {
    return this.#reader.read(after, limit, this.head)
  }

  headAt(time: Date): number {
    return headAt(this.#store, time.getTime(), this.head)
  }

  deadLetters(query?: DeadLetterQuery): Iterable<DeadLetter> {
    return this.#deadLetters.list(query)
  }

  replays(): readonly Replay[] {
    return storedReplays(this.#store)
  }

  ledgerTail(stream: string): LedgerTail {
    return this.#reader.ledgerTail(stream)
  }

  close(): void {
    this.#store.close()
  }
}
