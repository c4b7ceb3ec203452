import type { Cluster } from '../cluster/cluster.ts'
import type { Consumer } from '../delivery/consumer.ts'
import type { ClusterIdentity } from '../event.ts'
import type { Counts, Cursor, Journal, Replay } from '../journal/journal.ts'
import type { JournalReader } from '../journal/read-only.ts'
import type { Position } from '../source/read.ts'
import type { Source } from '../source/source.ts'
import { version } from '../version.ts'
import { balanced, type SinkBook, type SourceBook, sinkBook, sourceBook } from './books.ts'

/** What `kec status` shows; as JSON, too: then times are texts. What only a running kec knows is undefined without one. */
export interface StatusReport {
  readonly kec: { readonly version: string; readonly pid: number; readonly started: Date } | null
  readonly cluster: { readonly name: string; readonly uid: string; readonly server?: string; readonly origin?: string } | null
  readonly journal: {
    readonly file: string
    /** All that it ever had. */
    readonly events: number
    /** The number of the oldest one that is still there. */
    readonly oldest: number
    /** False if what is stored is lost when kec ends: the file was moved or deleted. */
    readonly inPlace?: boolean
    readonly bytes: number
    readonly maxBytes?: number
    readonly hours?: number | undefined
  }
  readonly source: readonly StreamReport[]
  readonly sinks: readonly SinkReport[]
  readonly replays: readonly Pick<Replay, 'id' | 'consumer' | 'next' | 'last' | 'asked'>[]
  readonly received: SourceBook
  readonly gaps: { readonly seconds: number; readonly newest: JournalReader['gaps'] }
}

interface StreamReport {
  readonly name: string
  readonly listed: boolean
  /** Until then nothing can have been missed. */
  readonly seen: Date
  readonly version: string
  readonly connected?: boolean
  readonly failing?: string | undefined
  readonly lagSeconds?: number
  readonly liveEvents?: number
}

interface SinkReport extends SinkBook {
  readonly name: string
  readonly state: string
  readonly replayed: Cursor['replayed']
  readonly retries?: number
  readonly lastError?: string | undefined
  readonly lastSuccess?: Date | undefined
}

/** How many gaps are shown; the seconds are those of all. */
const newestGaps = 20

const started = new Date()

interface Running {
  readonly file: string
  readonly identity: ClusterIdentity
  readonly cluster: Cluster
  readonly journal: Journal
  readonly streams: Source['streams']
  readonly consumers: readonly Consumer[]
  /** Takes secrets out of what sinks say. */
  readonly mask: (text: string) => string
}

/** Of the kec that runs in this process. */
export function reportOfRunning({ file, identity, cluster, journal, streams, consumers, mask }: Running): StatusReport {
  const { head, oldest, size, isInPlace: inPlace, counts, gaps } = journal
  return {
    kec: { version: version(), pid: process.pid, started },
    cluster: { ...identity, server: cluster.server, origin: cluster.origin },
    journal: { file, events: head, oldest, inPlace, ...size },
    source: streams.map(({ name, listed, connected, failing, lagSeconds, liveEvents, position: { seen, version } }) => ({
      ...{ name, listed, connected, failing, lagSeconds, liveEvents, version },
      seen: new Date(seen),
    })),
    sinks: consumers.map(({ status }) => {
      const { name, state, replayed, replayRejected, retries, lastError, lastSuccess } = status
      const runs = { retries, lastError: lastError && mask(lastError), lastSuccess }
      return { name, state, ...balanced(status), replayed: { delivered: replayed, rejected: replayRejected }, ...runs }
    }),
    replays: journal.replays().map(shownReplay),
    received: sourceBook(counts),
    gaps: gapsOf(counts, gaps),
  }
}

/** Of a journal whose kec does not run. */
export function reportOfFile(file: string, reader: JournalReader): StatusReport {
  const { head, oldest, bytes, cluster, counts, gaps } = reader
  return {
    kec: null,
    cluster: cluster ?? null,
    journal: { file, events: head, oldest, bytes },
    source: [...reader.positions].map(([name, position]) => {
      const { version, seen } = position as Position // the source wrote it
      return { name, listed: version !== '', seen: new Date(seen), version }
    }),
    sinks: reader.consumers.map(cursor => ({
      ...{ name: cursor.name, state: 'stopped', replayed: cursor.replayed },
      ...sinkBook(cursor, head, oldest),
    })),
    replays: reader.replays().map(shownReplay),
    received: sourceBook(counts),
    gaps: gapsOf(counts, gaps),
  }
}

function shownReplay({ id, consumer, next, last, asked }: Replay): StatusReport['replays'][number] {
  return { id, consumer, next, last, asked }
}

function gapsOf(counts: Readonly<Counts>, gaps: JournalReader['gaps']): StatusReport['gaps'] {
  return { seconds: (counts.gap_milliseconds ?? 0) / 1000, newest: gaps.slice(-newestGaps) }
}
