import assert from 'node:assert/strict'
import type { Cluster } from '../src/cluster/cluster.ts'
import type { Consumer } from '../src/delivery/consumer.ts'
import { begin, quiet } from '../src/delivery/fixture.ts'
import { decodeRecord } from '../src/event.ts'
import { createFilter } from '../src/filter/decide.ts'
import type { Journal } from '../src/journal/journal.ts'
import { openJournal } from '../src/journal/sqlite.ts'
import { Pipeline } from '../src/pipeline.ts'
import { until } from '../src/source/fixture.ts'
import type { Position } from '../src/source/read.ts'

const timing = { watchSeconds: [5, 6], watchSlack: 5_000, silence: 60_000, backoff: [1, 8] } as const
const identity = Object.freeze({ name: 'sandbox', uid: 'cluster' })

/** Source, filter (it drops the reason `dropped`), journal and one consumer, whose state is the sum of all occurrences. */
export class Run {
  readonly journal: Journal
  /** The ids of what the sink got. */
  readonly got: string[] = []
  readonly #consumer: Consumer
  readonly #stop = new AbortController()
  readonly #running: Promise<void>

  constructor(file: string, cluster: Cluster) {
    const journal = openJournal({ file, decode: line => decodeRecord(line, identity) })
    this.journal = journal
    const consumer: Consumer = begin(journal, batch => {
      this.got.push(...batch.map(({ id }) => id))
      const { state } = consumer
      state.set('sum', Number(state.get('sum') ?? 0) + batch.reduce((sum, { occurrences }) => sum + occurrences, 0))
    })
    this.#consumer = consumer
    const filter = createFilter({ drop: { reason: 'dropped' } }, [], assert.fail)
    const parts = { cluster, identity, source: { include: [] }, startFrom: 'all' as const, filter, journal, log: quiet, timing }
    this.#running = new Pipeline(parts).run(this.#stop.signal)
  }

  get sum(): number {
    return Number(this.journal.state('sink').get('sum') ?? 0)
  }

  /** Until the journal has what the API server has, and the sink has it too. */
  async settle(version: string): Promise<void> {
    const position = () => (this.journal.position('*') as Position | undefined)?.version // the source wrote it
    await until(`version ${version}`, () => BigInt(position() || 0) >= BigInt(version) && this.#consumer.status.pending === 0)
  }

  /** May be called again. */
  async stop(): Promise<void> {
    if (this.#stop.signal.aborted) return
    this.#stop.abort()
    await this.#running
    await this.#consumer.stop(AbortSignal.abort())
    this.journal.close()
  }
}
