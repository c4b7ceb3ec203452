import type { Cluster } from './cluster/cluster.ts'
import type { ClusterIdentity } from './event.ts'
import type { Figures } from './own-metrics.ts'

/** Ready: the first list is through, the API server answers, the journal is where it belongs. A dead sink does not make kec unready. */
export function readiness({ streams, journal }: Figures): { readonly ready: boolean; readonly reason: string } {
  if (!journal.isInPlace) return { ready: false, reason: 'the journal was deleted or replaced: restart kec' }
  if (streams.length === 0) return { ready: false, reason: 'the API server has not answered yet' }
  for (const { name, listed, connected, failing } of streams) {
    if (!listed) return { ready: false, reason: `stream ${name}: the first list is not through${failing ? `: ${failing}` : ''}` }
    if (!connected) return { ready: false, reason: `stream ${name}: not connected: ${failing ?? 'the API server has not answered yet'}` }
  }
  return { ready: true, reason: 'listed and watching' }
}

/** What /status shows. No secrets: names, numbers, times, errors. `mask` takes secrets out of what sinks say. */
export function statusOf(
  identity: ClusterIdentity,
  { server, origin }: Cluster,
  { journal, streams, consumers, filterErrors }: Figures,
  mask: (text: string) => string,
): object {
  return {
    cluster: { ...identity, server, origin },
    source: streams.map(({ position, ...rest }) => ({
      ...rest,
      position: { version: position.version, epoch: position.epoch, seen: new Date(position.seen) },
    })),
    counts: journal.counts,
    gaps: journal.gaps,
    journal: {
      events: journal.head,
      held: journal.head - journal.oldest + 1,
      damaged: journal.damaged,
      inPlace: journal.isInPlace,
      ...journal.size,
    },
    consumers: consumers.map(({ lastError, ...rest }) => ({ ...rest, lastError: lastError && mask(lastError) })),
    filterErrors: Object.fromEntries(filterErrors),
  }
}
