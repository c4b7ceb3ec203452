import type { KubeEvent } from '@kec/plugin-api'
import type { Cursors } from './cursors.ts'
import type { DeadLetters } from './dead-letters.ts'
import { journalError } from './failure.ts'
import { packText } from './pack.ts'
import type { Reader } from './reader.ts'
import type { Replays } from './replays.ts'
import type { Store } from './store.ts'

interface Row {
  readonly last: number
  readonly count: number
  readonly bytes: number
  readonly stream: string
  readonly time: number
}

interface DueRow extends Row {
  /** The ledger entries that stay in its place, because no snapshot of its stream's ledger has it. */
  readonly entries: string
}

/** What goes. */
interface Due {
  readonly rows: readonly DueRow[]
  readonly deadLetters: readonly { readonly consumer: string; readonly seq: number }[]
  /** They stayed away for too long. */
  readonly consumers: readonly string[]
}

export interface RetentionParts {
  readonly store: Store
  readonly cursors: Cursors
  readonly deadLetters: DeadLetters
  readonly replays: Replays
  readonly reader: Reader
  /** The head at the last snapshot of each stream's ledger. */
  readonly snapshotHeads: ReadonlyMap<string, number>
  readonly maxAge: number
  readonly maxBytes: number
  readonly fold: Fold | undefined
}

/** Makes of a commit the ledger entries that say the same. */
export type Fold = (events: readonly KubeEvent[], ledger: string) => string

/** Rows deleted for their age in one append: more than most appends add, so that the journal shrinks, and few, so that no append is slow. */
const agedAtOnce = 4
/** Rows deleted at once because there is no room: many small ones may make room for a large one. */
const pressedAtOnce = 1_000
/** Bytes deleted in one append beyond what it adds: few, so that no append is slow when `maxBytes` was lowered. */
const pressedBytes = 1024 ** 2

/** Decides what goes: what is old and needed by nobody; and when maxBytes presses, the oldest. */
export class Retention {
  readonly #parts: RetentionParts
  /** ms since 1970. No row is older: most appends need not look. */
  #oldestTime = 0

  constructor(parts: RetentionParts) {
    this.#parts = parts
  }

  /** `incoming`: bytes that are about to be added. */
  due(head: number, incoming: number): Due {
    const { cursors, replays, maxAge } = this.#parts
    const before = Date.now() - maxAge
    const { passed, gone } = cursors.passedByAll(head, before)
    const over = this.#used + incoming - this.#parts.maxBytes
    const rows =
      over > 0
        ? this.#pressed(Math.min(over, incoming + pressedBytes), head)
        : this.#aged(before, Math.min(passed, replays.passed), agedAtOnce)
    return { rows, deadLetters: this.#dead(rows.length === 0 ? over : 0), consumers: gone }
  }

  /** More dead letters were put aside: if they are too many, the oldest go. */
  expireDeadLetters(): void {
    const deadLetters = this.#dead(0)
    if (deadLetters.length === 0) return
    try {
      this.apply({ rows: [], deadLetters, consumers: [] })
    } catch {
      // What was put aside is committed; the next append tries this again.
    }
  }

  /** In a transaction of its own. */
  apply(due: Due): void {
    let done = () => {}
    this.#parts.store.write(() => {
      done = this.write(due)
    })
    done()
  }

  /**
   * What can go because the disk is full: what is old and needed by nobody; without that, what every sink has had, though it is not old yet,
   * and a sixteenth of all at most.
   */
  spare(head: number): Due {
    const { cursors, replays, maxAge } = this.#parts
    const before = Date.now() - maxAge
    const { passed } = cursors.passedByAll(head, before)
    const aged = this.#aged(before, Math.min(passed, replays.passed), pressedAtOnce)
    const rows = aged.length > 0 ? aged : this.#pressed(this.#used / 16, passed)
    return { rows, deadLetters: [], consumers: [] }
  }

  /** To be called in a transaction; what it returns, after the commit. */
  write({ rows, deadLetters, consumers }: Due): () => void {
    const { store, cursors, reader } = this.#parts
    for (const { last, stream, entries } of rows) {
      const packed = packText(entries)
      if (packed) store.sql.foldBatch.run({ ':last': last, ':stream': stream, ':ledger': packed })
      store.sql.deleteBatch.run(last)
    }
    const letters = Map.groupBy(deadLetters, ({ consumer }) => consumer)
    const after = [...letters].map(([consumer, expired]) =>
      cursors.expire(
        consumer,
        expired.map(({ seq }) => seq),
      ),
    )
    for (const consumer of consumers) cursors.remove(consumer)
    return () => {
      for (const work of after) work()
      for (const consumer of consumers) cursors.forget(consumer)
      const newest = rows.at(-1)
      if (newest) reader.forget(newest.last)
    }
  }

  /** A log that a reader beside us holds back counts as far as it would grow by itself: what we delete would make it only longer. */
  get #used(): number {
    const { used, wal } = this.#parts.store.bytes
    return used + Math.min(wal, this.#parts.maxBytes / 8)
  }

  #aged(before: number, passed: number, most: number): DueRow[] {
    const rows: DueRow[] = []
    if (before <= this.#oldestTime) return rows
    for (const row of this.#oldest(most)) {
      if (row.time >= before) {
        this.#oldestTime = row.time
        break
      }
      const due = row.last <= passed && this.#due(row)
      if (!due) break
      rows.push(due)
    }
    return rows
  }

  #pressed(over: number, passed: number): DueRow[] {
    const rows: DueRow[] = []
    let sum = 0
    for (const row of this.#oldest(pressedAtOnce)) {
      const due = sum < over && row.last <= passed && this.#due(row)
      if (!due) break
      sum += row.bytes
      rows.push(due)
    }
    return rows
  }

  /** Dead letters have half of the room; what is more goes, oldest first; and so much of them if there is nothing else that may go. */
  #dead(noneButThese: number): Due['deadLetters'] {
    const { deadLetters, maxBytes } = this.#parts
    const bytes = Math.max(deadLetters.bytes - maxBytes / 2, noneButThese)
    return bytes > 0 ? deadLetters.oldest(bytes) : []
  }

  *#oldest(limit: number): Generator<Row> {
    const { store } = this.#parts
    try {
      for (const { last, count, bytes, stream, time } of store.sql.oldestBatches.iterate(limit))
        yield { last: Number(last), count: Number(count), bytes: Number(bytes), stream: String(stream), time: Number(time) }
    } catch (error) {
      throw journalError('read', store.file, error)
    }
  }

  /** Undefined if it must stay until a snapshot has it: the ledger needs what is in it, and nobody can read that, or make entries of it. */
  #due(row: Row): DueRow | undefined {
    const { reader, fold, snapshotHeads } = this.#parts
    if (row.last <= (snapshotHeads.get(row.stream) ?? 0)) return { ...row, entries: '' }
    const content = fold && reader.row(row.last)
    return content && { ...row, entries: fold(content.events, content.ledger) }
  }
}
