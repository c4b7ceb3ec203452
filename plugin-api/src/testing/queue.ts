import type { Json } from '../context.ts'
import type { DeliveryOptions } from '../delivery.ts'
import type { KubeEvent } from '../event.ts'
import type { Handover } from '../host/handover.ts'

/** What is kept over a restart: it stands for kec's journal. */
export interface Books {
  /** What was fed and is not settled, by its number; numbers begin with 1. */
  readonly events: Map<number, KubeEvent>
  /** The newest number. */
  head: number
  /** All up to here are settled, but for those in `retry`. */
  seq: number
  retry: readonly number[]
  readonly state: Map<string, Json>
  /** What is to come once more; `next` is the first that is not settled. */
  readonly replays: { readonly events: readonly KubeEvent[]; next: number }[]
}

export function emptyBooks(state: Readonly<Record<string, Json>>): Books {
  return { events: new Map(), head: 0, seq: 0, retry: [], state: new Map(Object.entries(state)), replays: [] }
}

/** Events on their way to the sink, with their numbers: those of the journal, or places in a replay. */
export interface Batch {
  readonly events: readonly KubeEvent[]
  readonly seqs: readonly number[]
  readonly replay: boolean
  /** How often it was tried. */
  readonly attempt: number
  /** All up to here is settled once this batch is. */
  readonly end: number
}

export interface Outcome {
  readonly delivered: readonly KubeEvent[]
  readonly rejected: readonly { readonly event: KubeEvent; readonly reason: string; readonly attempts: number }[]
}

const firstWait = 1_000
const longestWait = 60_000

/** How long to wait after failures in a row. kec adds jitter, and waits less. */
class Backoff {
  until = 0
  #failures = 0

  succeeded(): void {
    this.#failures = 0
  }

  failed(now: number): void {
    this.waitUntil(now + Math.min(longestWait, firstWait * 2 ** this.#failures++))
  }

  waitUntil(time: number): void {
    this.until = Math.max(this.until, time)
  }
}

/**
 * What a sink gets next, and what becomes of it: a model of kec's delivery without its journal, on a clock that is told the time. It lives from
 * one start to the next; the books outlive it.
 */
export class Queue {
  readonly #books: Books
  readonly #delivery: Required<DeliveryOptions>
  readonly #backoff = new Backoff()
  readonly #replayBackoff = new Backoff()
  /** Before anything newer, first of all the last one. */
  readonly #again: Batch[] = []
  readonly #replaysAgain: Batch[] = []
  /** Numbers that lie ready for the next batch. */
  #gathered: number[] = []
  #gatheredTo: number
  #gatheredSince = 0
  #replayIsNext = false

  constructor(books: Books, delivery: Required<DeliveryOptions>) {
    this.#books = books
    this.#delivery = delivery
    this.#gatheredTo = books.seq
    // Of one batch at most: nothing newer is begun while some of it must come again.
    if (books.retry.length > 0) this.#again.push(this.#batchOf(books.retry, books.seq))
  }

  /** Nothing is handed over now: the sink failed, or asked to be left alone. */
  rests(now: number): boolean {
    return now < this.#backoff.until
  }

  /** When there will be something to hand over, if nothing else happens; undefined for never. */
  get wakesAt(): number | undefined {
    const times = [
      ...(this.#again.length > 0 || this.#gatheredTo < this.#books.head ? [0] : []),
      ...(this.#gathered.length > 0 ? [this.#gatheredSince + this.#delivery.linger] : []),
      ...(this.#books.replays.length > 0 ? [this.#replayBackoff.until] : []),
    ]
    return times.length > 0 ? Math.max(this.#backoff.until, Math.min(...times)) : undefined
  }

  /** What to hand over now: what comes again, then what is new and what is replayed, in turn. */
  next(now: number, withReplays: boolean): Batch | undefined {
    const again = this.#again.pop()
    if (again) return again
    const mayReplay = withReplays && now >= this.#replayBackoff.until
    const replay = () => (mayReplay ? this.#nextReplay() : undefined)
    const batch = this.#replayIsNext ? (replay() ?? this.#nextNew(now)) : (this.#nextNew(now) ?? replay())
    if (batch) this.#replayIsNext = !batch.replay
    return batch
  }

  /** Draws the conclusions from one attempt; `batch` counts it already. `failure` is what onEvent threw, `state` what it set. */
  settle(
    batch: Batch,
    handover: Handover,
    failure: string | undefined,
    state: ReadonlyMap<string, Json | undefined>,
    now: number,
  ): Outcome {
    const { outcome, again } = judge(batch, handover, failure, this.#delivery.maxAttempts)
    const backoff = batch.replay ? this.#replayBackoff : this.#backoff
    if (handover.quiet > 0) for (const one of [this.#backoff, backoff]) one.waitUntil(now + handover.quiet)
    if (again.events.length === 0) backoff.succeeded()
    else {
      backoff.failed(now)
      this.#comesAgain(again)
    }
    if (again.events.length < batch.events.length || state.size > 0) this.#commit(batch, state)
    return outcome
  }

  /** After the last attempt: in halves, to find the event that fails; the first half is tried first. */
  #comesAgain(batch: Batch): void {
    const divides = batch.attempt >= this.#delivery.maxAttempts && batch.events.length > 1
    const list = batch.replay ? this.#replaysAgain : this.#again
    list.push(...(divides ? halves(batch).reverse() : [batch]))
  }

  #commit({ end, replay }: Batch, state: ReadonlyMap<string, Json | undefined>): void {
    const books = this.#books
    for (const [key, value] of state) {
      if (value === undefined) books.state.delete(key)
      else books.state.set(key, value)
    }
    if (replay) {
      const [current] = books.replays
      if (current === undefined) return
      current.next = Math.min(end, ...this.#replaysAgain.flatMap(({ seqs }) => seqs))
      if (current.next >= current.events.length) books.replays.shift()
      return
    }
    books.seq = Math.max(books.seq, end)
    books.retry = this.#again.flatMap(({ seqs }) => seqs.filter(seq => seq <= books.seq)).sort((a, b) => a - b)
    const open = new Set(books.retry)
    for (const seq of books.events.keys()) {
      if (seq > books.seq) break
      if (!open.has(seq)) books.events.delete(seq)
    }
  }

  #nextNew(now: number): Batch | undefined {
    const { head } = this.#books
    const { maxBatch, linger } = this.#delivery
    if (this.#gathered.length === 0) this.#gatheredSince = now
    while (this.#gatheredTo < head && this.#gathered.length < maxBatch) this.#gathered.push(++this.#gatheredTo)
    if (this.#gathered.length === 0) return undefined
    if (this.#gathered.length < maxBatch && now < this.#gatheredSince + linger) return undefined
    const batch = this.#batchOf(this.#gathered, this.#gatheredTo)
    this.#gathered = []
    return batch
  }

  #nextReplay(): Batch | undefined {
    const again = this.#replaysAgain.pop()
    if (again) return again
    const [replay] = this.#books.replays
    if (replay === undefined) return undefined
    const { next } = replay
    const events = Object.freeze(replay.events.slice(next, next + this.#delivery.maxBatch))
    return { events, seqs: events.map((_, i) => next + i), replay: true, attempt: 0, end: next + events.length }
  }

  #batchOf(seqs: readonly number[], end: number): Batch {
    const events = Object.freeze(seqs.flatMap(seq => this.#books.events.get(seq) ?? []))
    return { events, seqs, replay: false, attempt: 0, end }
  }
}

function pick(batch: Batch, places: readonly number[]): Batch {
  return { ...batch, events: Object.freeze(places.flatMap(i => batch.events[i] ?? [])), seqs: places.flatMap(i => batch.seqs[i] ?? []) }
}

function halves(batch: Batch): [Batch, Batch] {
  const places = [...batch.events.keys()]
  const middle = Math.ceil(places.length / 2)
  const first = pick(batch, places.slice(0, middle))
  return [{ ...first, end: batch.replay ? batch.end : (first.seqs.at(-1) ?? 0) }, pick(batch, places.slice(middle))]
}

/** Says of each event: delivered, rejected, or again. */
function judge(batch: Batch, handover: Handover, failure: string | undefined, maxAttempts: number): { outcome: Outcome; again: Batch } {
  const delivered: KubeEvent[] = []
  const rejected: { event: KubeEvent; reason: string; attempts: number }[] = []
  const again: number[] = []
  const { attempt: attempts } = batch
  for (const [i, event] of batch.events.entries()) {
    const mark = handover.markOf(event)
    if (mark?.outcome === 'reject') rejected.push({ event, reason: mark.reason, attempts })
    else if (mark === undefined && failure === undefined) delivered.push(event)
    else if (attempts >= maxAttempts && batch.events.length === 1) {
      const reason = `${attempts} attempts failed: ${failure ?? 'the sink asked for it again each time'}`
      rejected.push({ event, reason, attempts })
    } else again.push(i)
  }
  return { outcome: { delivered, rejected }, again: pick(batch, again) }
}
