import type { Log } from '@kec/plugin-api'
import type { Cluster } from './cluster/cluster.ts'
import type { ClusterIdentity } from './event.ts'
import type { Filter } from './filter/decide.ts'
import type { Counts, Journal, NewRecord } from './journal/journal.ts'
import { factsOf, ledgerLine } from './source/ledger.ts'
import type { Position, Read } from './source/read.ts'
import { Source, type SourceOptions } from './source/source.ts'
import type { Timing } from './source/timing.ts'

export interface PipelineParts {
  readonly cluster: Cluster
  readonly identity: ClusterIdentity
  readonly source: SourceOptions
  /** `now`: what was there before kec first looked goes into the ledger only. */
  readonly startFrom: 'all' | 'now'
  readonly filter: Filter
  readonly journal: Journal
  readonly log: Log
  /** Default: as the source has it. */
  readonly timing?: Timing | undefined
}

/**
 * The way of an event:
 *
 *     API server ─ list + watch ─▶ source ─▶ filter ─▶ journal ─▶ consumers ─▶ hooks.onEvent of their plugins
 *
 * One direction, no way back: the watch never waits for a sink, the journal is the only thing between them. An event reaches a consumer after
 * the commit that holds it.
 */
export class Pipeline {
  readonly source: Source
  readonly #parts: PipelineParts

  constructor(parts: PipelineParts) {
    const { cluster, identity, source, journal, log, timing } = parts
    this.#parts = parts
    const store = {
      // Only the source reads positions, and it wrote them.
      position: (stream: string) => journal.position(stream) as Position | undefined,
      ledgerTail: (stream: string) => journal.ledgerTail(stream),
      saveLedger: (stream: string, snapshot: Uint8Array) => journal.saveLedger(stream, snapshot),
      save: (read: Read) => this.#keep(read),
    }
    this.source = new Source(cluster, identity, source, store, log, timing)
  }

  /** Reads until the signal aborts. The consumers go on by themselves. */
  run(signal: AbortSignal): Promise<void> {
    return this.source.run(signal)
  }

  /** One read, one commit: what the filter keeps goes into the record batch, of the rest the ledger's entry. */
  #keep(read: Read): void {
    const { filter, journal, startFrom } = this.#parts
    const records: NewRecord[] = []
    const ledger = [...read.ledger]
    const counts: Counts = { ...read.counts }
    for (const news of read.news) {
      const { event } = news
      const cause = startFrom === 'now' && event.historical ? 'history' : filter.decide(event)
      if (cause === undefined) {
        records.push(news)
        continue
      }
      const name = cause === 'history' ? 'history_skipped' : (`filtered:${cause}` as const)
      counts[name] = (counts[name] ?? 0) + 1
      ledger.push(ledgerLine(factsOf(event)))
    }
    const { stream, position, gap } = read
    if (gap) counts.gap_milliseconds = Math.max(0, gap.to.getTime() - gap.from.getTime())
    journal.append({ stream, records, position, ledger: ledger.join('\n'), counts, gap })
  }
}
