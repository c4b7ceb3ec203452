import type { Json, KubeEvent, Log } from '@kec/plugin-api'
import type { Backoff } from './backoff.ts'
import type { Batch } from './batch.ts'
import type { Acknowledgement, ConsumerJournal, Replay } from './consumer-journal.ts'

export interface ReplayingSetup {
  readonly name: string
  readonly journal: ConsumerJournal
  readonly maxBatch: number
  /** Events that one step looks at. */
  readonly step: number
  readonly matches: ((event: KubeEvent) => boolean) | undefined
  readonly compile: (rules: Json) => (event: KubeEvent) => boolean
  readonly log: Log
}

/** What an operator wants to come once more: one replay after the other, one batch at a time, with a backoff of its own. */
export class Replaying {
  readonly backoff: Backoff
  readonly #setup: ReplayingSetup
  /** The replay that the open batches are of. */
  #current: { readonly replay: Replay; readonly rules: (event: KubeEvent) => boolean } | undefined
  /** What must come again, first of all the last one. */
  readonly #again: Batch[] = []
  /** The number that was read last. */
  #end = 0

  constructor(setup: ReplayingSetup, backoff: Backoff) {
    this.#setup = setup
    this.backoff = backoff
  }

  /** Numbers that are still to be looked at, or to be delivered. */
  get left(): number {
    return this.#setup.journal.replays(this.#setup.name).reduce((sum, { next, last }) => sum + last - next + 1, 0)
  }

  next(): Batch | undefined {
    return this.#again.pop() ?? this.#read()
  }

  comesAgain(batches: readonly Batch[]): void {
    this.#again.push(...batches)
  }

  /** How far it is, once this much of a batch is settled. After a crash what was settled above it comes once more. */
  progress(delivered: number, rejected: number): NonNullable<Acknowledgement['replay']> {
    const open = this.#again.flatMap(({ seqs }) => seqs[0] ?? [])
    return { id: this.#current?.replay.id ?? 0, next: open.length > 0 ? Math.min(...open) : this.#end + 1, delivered, rejected }
  }

  #read(): Batch | undefined {
    const { name, journal, maxBatch, step, matches, compile, log } = this.#setup
    const [replay] = journal.replays(name)
    if (replay === undefined) return undefined
    if (this.#current?.replay.id !== replay.id) this.#current = { replay, rules: compile(replay.rules) }
    const { rules } = this.#current
    const events: KubeEvent[] = []
    const seqs: number[] = []
    let end = replay.next - 1
    for (let looked = 0; looked < step && events.length < maxBatch && end < replay.last; ) {
      const run = journal.read(end, maxBatch - events.length)
      const gone = Math.min(run.first - 1, replay.last) - end
      if (gone > 0) log.warn(`${gone} events that were to be replayed are no longer in the journal`)
      end += gone
      for (const event of run.events) {
        if (end >= replay.last) break
        end += 1
        if (!rules(event) || matches?.(event) === false) continue
        events.push(event)
        seqs.push(end)
      }
      looked += run.events.length + gone
    }
    this.#end = end
    return { events: Object.freeze(events), seqs, origin: 'replay', attempt: 0, end, skipped: 0, expired: 0 }
  }
}
