import type { KubeEvent, Log } from '@kec/plugin-api'
import { type Batch, Gatherer, halve } from './batch.ts'
import type { ConsumerJournal } from './consumer-journal.ts'
import type { Replaying } from './replaying.ts'

export interface AgendaSetup {
  readonly name: string
  readonly journal: ConsumerJournal
  readonly maxBatch: number
  readonly linger: number
  readonly maxAttempts: number
  /** Events that one step looks at. */
  readonly step: number
  readonly matches: ((event: KubeEvent) => boolean) | undefined
  readonly log: Log
}

/** ms between two lines of the log about what expires. */
const quietAboutLoss = 60_000

/**
 * What a sink gets next: what must come again; dead letters that were redriven; then what is new and what is replayed, in turn. It holds one
 * batch of each kind at most, however much there is to do.
 */
export class Agenda {
  readonly replaying: Replaying
  readonly #setup: AgendaSetup
  readonly #gatherer: Gatherer
  /** Before anything newer, first of all the last one. All of them are of one origin: nothing else is begun while there are any. */
  readonly #again: Batch[] = []
  /** What an earlier run left behind the cursor was looked up. */
  #tookUp = false
  #replayIsNext = false
  /** How many were found to be gone from the journal, and are not in the cursor yet. */
  #found = 0
  #lostWhenSaid = 0
  #saidAt = Number.NEGATIVE_INFINITY

  constructor(setup: AgendaSetup, replaying: Replaying) {
    this.#setup = setup
    this.replaying = replaying
    const { name, journal, maxBatch, matches } = setup
    this.#gatherer = new Gatherer(journal.cursor(name).seq, maxBatch, matches)
    this.#lostWhenSaid = journal.cursor(name).counts.expired
  }

  /** What to try now. Without `replays`, none of these. */
  next(replays: boolean): Batch | undefined {
    this.#takeUpRetries()
    const first = this.#nextAgain() ?? this.#nextRedriven()
    if (first) return first
    const mayReplay = replays && performance.now() >= this.replaying.backoff.until
    const batch =
      this.#replayIsNext && mayReplay
        ? (this.#nextReplay() ?? this.#nextNew())
        : (this.#nextNew() ?? (mayReplay ? this.#nextReplay() : undefined))
    if (batch) this.#replayIsNext = batch.origin === 'new'
    return batch
  }

  /** New events are there that can be looked at now. */
  get hasNew(): boolean {
    return this.#gatherer.room > 0 && this.#gatherer.end < this.#setup.journal.head
  }

  /** Until when something waits, by performance.now(): a batch that is not full, or a replay that failed. */
  get waitsUntil(): number | undefined {
    const times = [
      ...(this.#gatherer.isEmpty ? [] : [this.#gatherer.since + this.#setup.linger]),
      ...(this.replaying.left > 0 ? [this.replaying.backoff.until] : []),
    ]
    return times.length > 0 ? Math.min(...times) : undefined
  }

  get lingers(): boolean {
    return !this.#gatherer.isEmpty
  }

  /** After the last attempt in halves, to find the event that fails. */
  comesAgain(batch: Batch): void {
    const divides = batch.attempt >= this.#setup.maxAttempts && batch.events.length > 1
    const batches = divides ? halve(batch).reverse() : [batch] // the last one is tried first
    if (batch.origin === 'replay') this.replaying.comesAgain(batches)
    else this.#again.push(...batches)
  }

  /** What waits behind the cursor when it is here; a new batch that failed as a whole is above it, and needs no list. */
  retryBelow(seq: number): number[] {
    return this.#again.flatMap(({ seqs }) => seqs.filter(one => one <= seq)).sort((a, b) => a - b)
  }

  /** So many of those that were found to be gone are in the cursor now. */
  noted(expired: number): void {
    this.#found -= expired
  }

  /** How many are gone from the journal and not in the cursor yet: found, or still to be found. */
  get missing(): number {
    return this.#found + Math.max(0, this.#setup.journal.oldest - 1 - this.#gatherer.end)
  }

  /** Says in the log that the sink loses events, once a minute at most. */
  sayLoss(): void {
    const { name, journal, log } = this.#setup
    const lost = journal.cursor(name).counts.expired + this.missing
    if (lost <= this.#lostWhenSaid || performance.now() < this.#saidAt + quietAboutLoss) return
    const more = lost - this.#lostWhenSaid
    log.error(
      `${more} events are lost to this sink: the journal no longer has them (journal.maxBytes), or they are damaged in it; ${lost} in all`,
    )
    this.#lostWhenSaid = lost
    this.#saidAt = performance.now()
  }

  #nextAgain(): Batch | undefined {
    const batch = this.#again.pop()
    return batch?.origin === 'dead letters' ? this.#stillRedriven(batch) : batch
  }

  #nextRedriven(): Batch | undefined {
    const { name, journal, maxBatch } = this.#setup
    const { dead, seq } = journal.cursor(name)
    if (dead.redriven === 0) return undefined
    const found = journal.redriven(name, 0, maxBatch)
    return found.length === 0 ? undefined : batchOf(found, 'dead letters', seq)
  }

  /** Without those that were discarded meanwhile. */
  #stillRedriven(batch: Batch): Batch | undefined {
    const { name, journal } = this.#setup
    const [first = 0] = batch.seqs
    const there = new Set(journal.redriven(name, first - 1, batch.seqs.length).map(({ seq }) => seq))
    if (batch.seqs.every(seq => there.has(seq))) return batch
    const left = batch.seqs.flatMap((seq, i) => (there.has(seq) ? i : []))
    if (left.length === 0) return this.#nextAgain()
    return { ...batch, events: left.flatMap(i => batch.events[i] ?? []), seqs: left.flatMap(i => batch.seqs[i] ?? []) }
  }

  #nextNew(): Batch | undefined {
    const gatherer = this.#gatherer
    const { journal, step, linger } = this.#setup
    for (let looked = 0; looked < step && this.hasNew; ) {
      const { first, events } = journal.read(gatherer.end, gatherer.room)
      if (first > gatherer.end + 1) {
        if (!gatherer.isEmpty) return gatherer.batch()
        this.#found += first - 1 - gatherer.end
        gatherer.miss(first)
        this.sayLoss()
      }
      if (events.length === 0) break
      gatherer.take(first, events)
      looked += events.length
    }
    if (gatherer.isEmpty && !gatherer.hasPassed) return undefined
    const due = gatherer.room === 0 || gatherer.isEmpty || performance.now() >= gatherer.since + linger
    return due ? gatherer.batch() : undefined
  }

  #nextReplay(): Batch | undefined {
    try {
      return this.replaying.next()
    } catch (error) {
      this.replaying.backoff.failed(String(error))
      return undefined
    }
  }

  #takeUpRetries(): void {
    if (this.#tookUp) return
    const { name, journal, maxBatch } = this.#setup
    const { seq, retry } = journal.cursor(name)
    const found = journal.pick(retry)
    for (let from = 0; from < found.length; from += maxBatch) this.#again.unshift(batchOf(found.slice(from, from + maxBatch), 'new', seq))
    const expired = retry.length - found.length
    this.#found += expired
    if (expired > 0) this.#again.push({ ...batchOf([], 'new', seq), expired })
    this.#tookUp = true
    this.sayLoss()
  }
}

function batchOf(found: readonly { readonly seq: number; readonly event: KubeEvent }[], origin: Batch['origin'], end: number): Batch {
  return {
    events: Object.freeze(found.map(({ event }) => event)),
    seqs: found.map(({ seq }) => seq),
    origin,
    attempt: 0,
    end,
    skipped: 0,
    expired: 0,
  }
}
