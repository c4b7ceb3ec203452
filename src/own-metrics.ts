import type { Labels, Sample } from '@kec/plugin-api'
import type { Consumer } from './delivery/consumer.ts'
import type { MetricsRegistry } from './host/metrics.ts'
import type { Counts, Journal } from './journal/journal.ts'
import type { Source } from './source/source.ts'

/** What kec says of itself. All of it is read in one go, so a scrape shows one commit. */
export interface Figures {
  readonly journal: Pick<Journal, 'counts' | 'gaps' | 'head' | 'oldest' | 'damaged' | 'size' | 'isInPlace'>
  readonly streams: Source['streams']
  readonly consumers: readonly Consumer['status'][]
  /** Throws in onFilter, by plugin. */
  readonly filterErrors: ReadonlyMap<string, number>
}

/** Registers kec's own metrics. The terms of its books: received = duplicates + filtered + history skipped + journaled. */
export function registerOwnMetrics(registry: MetricsRegistry, figures: () => Figures): void {
  const register = (
    type: 'counter' | 'gauge',
    name: string,
    help: string,
    labelNames: readonly string[],
    collect: () => Iterable<Sample>,
  ) => registry.collected(type, { name, help, labelNames, collect })
  const count = (name: keyof Counts, labels: Labels = {}): Sample => ({ labels, value: figures().journal.counts[name] ?? 0 })

  register('counter', 'kec_source_events_total', 'Event versions received, by how they came.', ['kind'], () =>
    (['added', 'modified', 'listed'] as const).map(kind => count(kind, { kind })),
  )
  register('counter', 'kec_source_duplicates_total', 'Event versions received that were known.', [], () => [count('duplicates')])
  register('counter', 'kec_filtered_events_total', 'Event versions that the filter dropped, by cause.', ['cause'], () =>
    Object.entries(figures().journal.counts)
      .filter(([name]) => name.startsWith('filtered:'))
      .map(([name, value = 0]) => ({ labels: { cause: name.slice('filtered:'.length) }, value })),
  )
  register('counter', 'kec_history_skipped_total', 'Historical event versions skipped by startFrom: now.', [], () => [
    count('history_skipped'),
  ])
  register('counter', 'kec_journal_events_total', 'Event versions journaled.', [], () => [count('journaled')])
  register('counter', 'kec_journal_damaged_events_total', "Event versions found damaged in the journal's file.", [], () => [
    { labels: {}, value: figures().journal.damaged },
  ])
  register('gauge', 'kec_journal_bytes', 'What the journal takes on disk.', [], () => [{ labels: {}, value: figures().journal.size.bytes }])
  register('gauge', 'kec_journal_capacity_seconds', 'For how long journal.maxBytes holds events, at the rate of the last 24 h.', [], () => {
    const { hours } = figures().journal.size
    return hours === undefined ? [] : [{ labels: {}, value: hours * 3_600 }]
  })
  register('counter', 'kec_filter_errors_total', 'Throws in onFilter; the event is kept.', ['plugin'], () =>
    [...figures().filterErrors].map(([plugin, value]) => ({ labels: { plugin }, value })),
  )

  const streams = (pick: (stream: Source['streams'][number]) => number) => () =>
    figures().streams.map(stream => ({ labels: { stream: stream.name }, value: pick(stream) }))
  const causes = (pick: (stream: Source['streams'][number]) => Partial<Record<string, number>>) => () =>
    figures().streams.flatMap(stream =>
      Object.entries(pick(stream)).map(([cause, value = 0]) => ({ labels: { stream: stream.name, cause }, value })),
    )
  register(
    'gauge',
    'kec_source_connected',
    '1 if the API server answers.',
    ['stream'],
    streams(({ connected }) => Number(connected)),
  )
  register(
    'counter',
    'kec_source_lists_total',
    'Lists begun.',
    ['stream'],
    streams(({ lists }) => lists),
  )
  register(
    'counter',
    'kec_source_watches_total',
    'Watches opened.',
    ['stream'],
    streams(({ watches }) => watches),
  )
  register(
    'counter',
    'kec_source_relists_total',
    'Lists begun again, by cause.',
    ['stream', 'cause'],
    causes(({ relists }) => relists),
  )
  register(
    'counter',
    'kec_source_errors_total',
    'Failed requests and watches, by cause.',
    ['stream', 'cause'],
    causes(({ failures }) => failures),
  )
  register(
    'gauge',
    'kec_source_lag_seconds',
    'From the time of the newest event to its arrival.',
    ['stream'],
    streams(({ lagSeconds }) => lagSeconds),
  )
  register(
    'gauge',
    'kec_source_live_events',
    'Events that the ledger knows to be alive.',
    ['stream'],
    streams(({ liveEvents }) => liveEvents),
  )
  register('counter', 'kec_source_gap_seconds_total', 'Time in which events may have come and gone unseen.', [], () => [
    { labels: {}, value: (figures().journal.counts.gap_milliseconds ?? 0) / 1000 },
  ])

  const sinks = (pick: (consumer: Consumer['status']) => number) => () =>
    figures().consumers.map(consumer => ({ labels: { sink: consumer.name }, value: pick(consumer) }))
  register(
    'counter',
    'kec_sink_journaled_events_total',
    'Event versions journaled since the sink joined.',
    ['sink'],
    sinks(({ journaled }) => journaled),
  )
  register('counter', 'kec_sink_events_total', 'Event versions that the sink is done with, by outcome.', ['sink', 'outcome'], () =>
    figures().consumers.flatMap(consumer =>
      (['delivered', 'skipped', 'discarded', 'expired'] as const).map(outcome => ({
        labels: { sink: consumer.name, outcome },
        value: consumer[outcome],
      })),
    ),
  )
  register(
    'gauge',
    'kec_sink_dead_letters',
    'Event versions that the sink did not take, put aside.',
    ['sink'],
    sinks(({ dead }) => dead),
  )
  register(
    'gauge',
    'kec_sink_pending_events',
    'Event versions that wait for the sink.',
    ['sink'],
    sinks(({ pending }) => pending),
  )
  register('counter', 'kec_sink_replayed_events_total', 'Event versions that were replayed, by outcome.', ['sink', 'outcome'], () =>
    figures().consumers.flatMap(({ name, replayed, replayRejected }) => [
      { labels: { sink: name, outcome: 'delivered' }, value: replayed },
      { labels: { sink: name, outcome: 'rejected' }, value: replayRejected },
    ]),
  )
  register(
    'counter',
    'kec_sink_retries_total',
    'Batches that were handed over again.',
    ['sink'],
    sinks(({ retries }) => retries),
  )
  register(
    'gauge',
    'kec_sink_last_success_timestamp_seconds',
    'When the sink last took a batch; 0: not yet.',
    ['sink'],
    sinks(({ lastSuccess }) => (lastSuccess?.getTime() ?? 0) / 1000),
  )
}
