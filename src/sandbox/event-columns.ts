import { ageOf } from './age.ts'
import { type Column, wide } from './column.ts'
import type { StoredEvent } from './event.ts'
import type { Stored } from './object.ts'

const of =
  (cell: (event: StoredEvent, now: number) => string | number): Column['cell'] =>
  (object, now) =>
    cell(object as StoredEvent, now) // these columns belong to events

const firstSeen = ({ firstTimestamp, eventTime }: StoredEvent): string | null => firstTimestamp ?? eventTime

/** What `kubectl get events` shows. */
export const eventColumns: readonly Column[] = [
  { name: 'Last Seen', cell: of((event, now) => ageOf(lastSeen(event), now)) },
  { name: 'Type', cell: of(({ type }) => type) },
  { name: 'Reason', cell: of(({ reason }) => reason) },
  { name: 'Object', cell: of(about) },
  wide(
    'Subobject',
    of(({ involvedObject }) => involvedObject.fieldPath ?? ''),
  ),
  wide('Source', of(source)),
  { name: 'Message', cell: of(({ message }) => message.trim()) },
  wide(
    'First Seen',
    of((event, now) => ageOf(firstSeen(event), now)),
  ),
  wide(
    'Count',
    of(({ series, count }) => (series ? series.count : count || 1)),
  ),
  wide('Name', ({ metadata }: Stored) => metadata.name),
]

function lastSeen(event: StoredEvent): string | null {
  if (event.series) return event.series.lastObservedTime
  return event.lastTimestamp ?? firstSeen(event)
}

function about({ involvedObject: { kind = '', name } }: StoredEvent): string {
  return name ? `${kind.toLowerCase()}/${name}` : kind.toLowerCase()
}

function source({ source, reportingComponent, reportingInstance }: StoredEvent): string {
  return [source.component || reportingComponent, source.host || reportingInstance].filter(Boolean).join(', ')
}
