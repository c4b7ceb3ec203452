import type { SQLOutputValue } from 'node:sqlite'
import type { KubeEvent } from '@kec/plugin-api'
import { KecError } from '../errors.ts'
import { journalError } from './failure.ts'
import type { Acknowledgement, DeadLetter, DeadLetterQuery, JournalEvent, Rejected } from './journal.ts'
import { DamagedBytes, packText, unpackText } from './pack.ts'
import type { Reader } from './reader.ts'
import type { Store } from './store.ts'

/** Characters of a reason: a sink may say whatever it likes. */
const longestReason = 1_000
/** Rows read at once, so that reading many neither fills the memory nor holds the file. */
const page = 100
/** How many go at once because there are too many. */
const expiredAtOnce = 1_000

/** The events that were put aside, each with its line, so that it lives on when its batch is gone. The callers keep the counts. */
export class DeadLetters {
  readonly #store: Store
  readonly #reader: Reader
  readonly #decode: (line: string) => KubeEvent
  /** Of all lines, packed; undefined: it must be read. */
  #bytes: number | undefined

  constructor(store: Store, reader: Reader, decode: (line: string) => KubeEvent) {
    this.#store = store
    this.#reader = reader
    this.#decode = decode
    store.onRollback(() => this.#recount())
  }

  /** About how much they take. */
  get bytes(): number {
    this.#bytes ??= this.#store.read(() => Number(this.#store.sql.deadBytes.get()?.bytes))
    return this.#bytes
  }

  #add(bytes: number): void {
    if (this.#bytes !== undefined) this.#bytes += bytes
  }

  /** To be called in a transaction. Answers how many lie now: the others are no longer in the journal. */
  add(consumer: string, rejected: readonly Rejected[]): number {
    if (rejected.length === 0) return 0
    const lines = this.#reader.lines(rejected.map(({ seq }) => seq))
    let lying = 0
    for (const { seq, reason, attempts } of rejected) {
      const record = packText(lines.get(seq) ?? '')
      if (record === null) continue
      this.#store.sql.addDeadLetter.run(consumer, seq, bounded(reason), attempts, Date.now(), record)
      this.#add(record.length)
      lying += 1
    }
    return lying
  }

  /** What became of redriven ones. To be called in a transaction. Answers how many of them were still there. */
  settle(consumer: string, { delivered, rejected }: NonNullable<Acknowledgement['redriven']>): { delivered: number; lying: number } {
    const { sql } = this.#store
    const gone = this.remove(consumer, delivered).total
    let lying = 0
    for (const { seq, reason, attempts } of rejected)
      lying += Number(sql.layDeadLetter.run(bounded(reason), attempts, Date.now(), consumer, seq).changes)
    return { delivered: gone, lying }
  }

  /** To be called in a transaction. Answers how many there were. */
  redrive(consumer: string, seqs: readonly number[] | 'all'): number {
    const { sql } = this.#store
    if (seqs === 'all') return Number(sql.redriveAll.run(consumer).changes)
    return seqs.reduce((sum, seq) => sum + Number(sql.redrive.run(consumer, seq).changes), 0)
  }

  /** To be called in a transaction. Answers how many there were. */
  removeAll(consumer: string): number {
    this.#recount()
    return Number(this.#store.sql.deleteDeadLetters.run(consumer).changes)
  }

  /** To be called in a transaction. Answers how many there were, and how many of them were redriven. */
  remove(consumer: string, seqs: readonly number[]): { total: number; redriven: number } {
    let [total, redriven] = [0, 0]
    for (const seq of seqs) {
      const gone = this.#store.sql.deleteDeadLetter.get(consumer, seq)
      if (gone === undefined) continue
      total += 1
      redriven += Number(gone.redriven)
      this.#add(-Number(gone.bytes))
    }
    return { total, redriven }
  }

  /** Those put aside first, as long as they take less than `bytes`. */
  oldest(bytes: number): { consumer: string; seq: number }[] {
    const found: { consumer: string; seq: number }[] = []
    let sum = 0
    for (const row of this.#store.sql.oldestDeadLetters.iterate(expiredAtOnce)) {
      if (sum >= bytes) break
      sum += Number(row.bytes)
      found.push({ consumer: String(row.consumer), seq: Number(row.seq) })
    }
    return found
  }

  redriven(consumer: string, after: number, limit: number): JournalEvent[] {
    return this.#store.read(() =>
      this.#store.sql.redrivenAbove.all(consumer, after, limit).map(row => ({ seq: Number(row.seq), event: this.#event(consumer, row) })),
    )
  }

  *list({ consumer, seq }: DeadLetterQuery = {}): Generator<DeadLetter> {
    const store = this.#store
    const { sql } = store
    for (let [name, after] = [consumer ?? '', seq === undefined ? 0 : seq - 1]; ; ) {
      const rows = store.read(() =>
        consumer === undefined ? sql.deadLetters.all(name, after, page) : sql.deadLettersOf.all(name, after, page),
      )
      for (const row of rows) {
        ;[name, after] = [String(row.consumer), Number(row.seq)]
        if (seq === undefined || seq === after) yield this.#deadLetter(row)
        else if (consumer !== undefined) return
      }
      if (rows.length < page) return
    }
  }

  #recount(): void {
    this.#bytes = undefined
  }

  #deadLetter(row: Record<string, SQLOutputValue>): DeadLetter {
    const consumer = String(row.consumer)
    const event = () => this.#event(consumer, row)
    return {
      consumer,
      seq: Number(row.seq),
      reason: String(row.reason),
      attempts: Number(row.attempts),
      time: new Date(Number(row.time)),
      redriven: row.redriven === 1,
      // Read when it is asked for: one that is damaged can then still be given up.
      get event() {
        return event()
      },
    }
  }

  #event(consumer: string, { seq, record }: Record<string, SQLOutputValue>): KubeEvent {
    try {
      return this.#decode(unpackText(record as Uint8Array)) // the column is a BLOB
    } catch (error) {
      if (!(error instanceof DamagedBytes)) throw journalError('read', this.#store.file, error)
      const what = `The dead letter ${seq} of ${consumer} is damaged in the journal ${this.#store.file}`
      throw new KecError(
        'KEC_JOURNAL',
        `${what}: give it up with kec dead-letters discard --sink ${consumer} ${seq}.`,
        'See that the disk is healthy.',
      )
    }
  }
}

function bounded(reason: string): string {
  return reason.slice(0, longestReason).toWellFormed()
}
