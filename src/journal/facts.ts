import type { Json } from '@kec/plugin-api'
import { KecError } from '../errors.ts'
import type { ClusterIdentity } from '../event.ts'
import type { Commit, CountName, Counts, Gap } from './journal.ts'
import type { Store } from './store.ts'

/** The small things that change with each commit, as the file has them. */
interface StoredFacts {
  readonly cluster: ClusterIdentity | undefined
  readonly counts: Counts
  readonly positions: Map<string, Json>
}

export type StreamGap = Gap & { readonly stream: string }

/** How many gaps are remembered. */
const maxGaps = 1_000

/** The same in memory, which is changed after the commit only. */
export class Facts {
  readonly counts: Readonly<Counts>
  readonly positions: ReadonlyMap<string, Json>
  readonly gaps: readonly StreamGap[]
  readonly #store: Store
  readonly #counts: Counts
  readonly #positions: Map<string, Json>
  readonly #gaps: StreamGap[]
  #cluster: ClusterIdentity | undefined

  constructor(store: Store) {
    const { cluster, counts, positions } = storedFacts(store)
    this.#store = store
    this.#cluster = cluster
    this.counts = this.#counts = counts
    this.positions = this.#positions = positions
    this.gaps = this.#gaps = storedGaps(store)
  }

  /** Numbers have no holes: the newest one is how many there were. */
  get head(): number {
    return this.counts.journaled ?? 0
  }

  get cluster(): ClusterIdentity | undefined {
    return this.#cluster
  }

  identify({ name, uid }: ClusterIdentity): void {
    const known = this.#cluster
    if (known !== undefined && known.uid !== uid)
      throw new KecError(
        'KEC_JOURNAL_CLUSTER',
        `The journal ${this.#store.file} belongs to the cluster ${known.name} (${known.uid}), not to ${name} (${uid}).`,
        'Give this cluster another name (cluster) or another folder (journal.dir); or move the journal away if its cluster is gone.',
      )
    if (known?.name === name) return
    this.#store.write(() => this.#store.sql.setFact.run('cluster', '', JSON.stringify({ name, uid })))
    this.#cluster = { name, uid }
  }

  /** To be called in a transaction; what it returns, after the commit. */
  write({ stream, records, position, counts, gap }: Commit): () => void {
    const { sql } = this.#store
    const sums = this.#sums({ ...counts, journaled: records.length })
    sql.setFact.run('position', stream, JSON.stringify(position))
    for (const [name, sum] of Object.entries(sums)) sql.setFact.run('count', name, JSON.stringify(sum))
    if (gap) {
      sql.addGap.run(stream, gap.from.getTime(), gap.to.getTime(), gap.cause)
      sql.deleteGaps.run(maxGaps)
    }
    return () => {
      Object.assign(this.#counts, sums)
      this.#positions.set(stream, position)
      if (gap && this.#gaps.push({ ...gap, stream }) > maxGaps) this.#gaps.shift()
    }
  }

  #sums(counts: Counts): Counts {
    const sums: Counts = {}
    for (const key in counts) {
      const name = key as CountName // Counts has no others
      sums[name] = (this.counts[name] ?? 0) + (counts[name] ?? 0)
    }
    return sums
  }
}

export function storedFacts(store: Store): StoredFacts {
  let cluster: ClusterIdentity | undefined
  const counts: Counts = {}
  const positions = new Map<string, Json>()
  for (const { kind, name, value } of store.read(() => store.sql.facts.all())) {
    const fact: unknown = JSON.parse(String(value))
    if (kind === 'cluster') cluster = fact as ClusterIdentity // identify() wrote it
    if (kind === 'count') counts[name as CountName] = fact as number // write() wrote it
    if (kind === 'position') positions.set(String(name), fact as Json) // write() wrote it
  }
  return { cluster, counts, positions }
}

export function storedGaps(store: Store): StreamGap[] {
  return store
    .read(() => store.sql.gaps.all())
    .map(({ stream, start, stop, cause }) => ({
      stream: String(stream),
      from: new Date(Number(start)),
      to: new Date(Number(stop)),
      cause: String(cause),
    }))
}
