import type { Json } from '@kec/plugin-api'
import type { ClusterIdentity } from '../event.ts'
import type { CountName, Counts, Gap } from './journal.ts'
import type { Store } from './store.ts'

/** The small things that change with each commit, as the file has them. */
export interface Facts {
  cluster: ClusterIdentity | undefined
  readonly counts: Counts
  readonly positions: Map<string, Json>
}

export function storedFacts(store: Store): Facts {
  const facts: Facts = { cluster: undefined, counts: {}, positions: new Map() }
  for (const { kind, name, value } of store.read(() => store.sql.facts.all())) {
    const fact: unknown = JSON.parse(String(value))
    if (kind === 'cluster') facts.cluster = fact as ClusterIdentity // identify() wrote it
    if (kind === 'count') facts.counts[name as CountName] = fact as number // append() wrote it
    if (kind === 'position') facts.positions.set(String(name), fact as Json) // append() wrote it
  }
  return facts
}

export type StreamGap = Gap & { readonly stream: string }

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
