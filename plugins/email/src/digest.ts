import { createHash } from 'node:crypto'
import type { KubeEvent } from '@kec/plugin-api'
import { clean } from './clean.ts'

/** All that happened to one object for one reason. The text is on one line, cut, and without characters that can't be seen; it may hold markup. */
export interface Row {
  /** Anything but Normal. */
  readonly warning: boolean
  readonly reason: string
  /** Such as `Pod shop/web-1`. */
  readonly object: string
  /** Of the newest event. */
  readonly message: string
  /** Who said so, and where. */
  readonly source: string
  /** Occurrences. */
  readonly count: number
  readonly first: Date
  readonly last: Date
}

/** Rows summed up. */
export interface ReasonCount {
  readonly warning: boolean
  readonly reason: string
  /** Occurrences. */
  readonly count: number
}

/** What a mail tells. Warnings come before the rest, then what happened most. */
export interface Digest {
  /** The same when the same events come again. */
  readonly id: string
  readonly cluster: string
  /** True if an operator asked for these events once more. */
  readonly replay: boolean
  /** Occurrences of all but Normal. */
  readonly warnings: number
  readonly normals: number
  readonly first: Date
  readonly last: Date
  /** Of all events. */
  readonly reasons: readonly ReasonCount[]
  readonly rows: readonly Row[]
  /** What has no row, summed up by reason. */
  readonly rest: readonly ReasonCount[]
}

/** Characters; what is longer is cut. */
const longest = { reason: 64, kind: 64, name: 128, message: 300, source: 80 }

/** One row for each object and reason, however often it happened. `events`: at least one. */
export function rowsOf(events: readonly KubeEvent[]): Row[] {
  const rows = new Map<string, Row>()
  for (const event of events) {
    const { regarding, reason, namespace, type } = event
    const { apiVersion, kind, name, fieldPath } = regarding
    const key = JSON.stringify([namespace, apiVersion, kind, regarding.namespace, name, fieldPath, reason, type !== 'Normal'])
    const before = rows.get(key)
    rows.set(key, before ? joined(before, rowOf(event)) : rowOf(event))
  }
  return [...rows.values()].sort(byWeight)
}

/** The digest that shows the first `most` rows. `id`: see idOf. */
export function digestOf(rows: readonly Row[], most: number, about: Pick<Digest, 'id' | 'cluster' | 'replay'>): Digest {
  const sum = (warning: boolean) => rows.reduce((total, row) => total + (row.warning === warning ? row.count : 0), 0)
  return {
    ...about,
    cluster: clean(about.cluster, longest.name),
    warnings: sum(true),
    normals: sum(false),
    first: new Date(Math.min(...rows.map(({ first }) => first.getTime()))),
    last: new Date(Math.max(...rows.map(({ last }) => last.getTime()))),
    reasons: reasonsOf(rows),
    rows: rows.slice(0, most),
    rest: reasonsOf(rows.slice(most)),
  }
}

/**
 * Follows from the first and the last event: a mail that comes again has the id that it had, and one that has gathered more since has another,
 * so that nobody who folds repeats folds away what is new.
 */
export function idOf(sink: string, events: readonly KubeEvent[]): string {
  return createHash('sha256')
    .update(JSON.stringify([sink, events.at(0)?.id, events.at(-1)?.id]))
    .digest('hex')
    .slice(0, 32)
}

function rowOf(event: KubeEvent): Row {
  const { regarding, reporting, source, namespace, occurrences, change, firstTime } = event
  const last = timeOf(event.time) ?? new Date(0)
  const first = (change === 'created' && firstTime !== undefined && timeOf(firstTime)) || last
  const place = regarding.namespace && `${clean(regarding.namespace, longest.kind)}/`
  const part = regarding.fieldPath && ` ${clean(regarding.fieldPath, longest.kind)}`
  const elsewhere = namespace !== regarding.namespace && regarding.namespace !== '' ? ` (in ${clean(namespace, longest.kind)})` : ''
  return {
    warning: event.type !== 'Normal',
    reason: clean(event.reason, longest.reason) || '?',
    object: `${clean(regarding.kind, longest.kind)} ${place}${clean(regarding.name, longest.name)}${part}${elsewhere}`,
    message: clean(event.message, longest.message),
    source: [source.component || reporting.controller, source.host || reporting.instance]
      .filter(text => text !== '')
      .map(text => clean(text, longest.source))
      .join(', '),
    count: occurrences,
    first: first < last ? first : last,
    last,
  }
}

/** A time of an event is text like the rest: it may be no time at all. */
function timeOf(text: string): Date | undefined {
  const time = new Date(text)
  return Number.isNaN(time.getTime()) ? undefined : time
}

function joined(one: Row, other: Row): Row {
  return {
    ...(other.last < one.last ? one : other),
    count: one.count + other.count,
    first: one.first < other.first ? one.first : other.first,
  }
}

function reasonsOf(rows: readonly Row[]): ReasonCount[] {
  const counts = new Map<string, ReasonCount>()
  for (const { warning, reason, count } of rows) {
    const key = `${warning} ${reason}`
    counts.set(key, { warning, reason, count: count + (counts.get(key)?.count ?? 0) })
  }
  return [...counts.values()].sort(byWeight)
}

function byWeight(a: ReasonCount, b: ReasonCount): number {
  return Number(b.warning) - Number(a.warning) || b.count - a.count
}
