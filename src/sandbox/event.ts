import { type Fields, leaves, metadataFields } from './fields.ts'
import { cannotUnmarshal, decodeMetadata, isRecord, type Kind } from './kind.ts'
import type { Incoming, Stored } from './object.ts'
import { Undecodable } from './status.ts'

export interface Reference {
  readonly kind?: string
  readonly namespace?: string
  readonly name?: string
  readonly uid?: string
  readonly apiVersion?: string
  readonly resourceVersion?: string
  readonly fieldPath?: string
}

export interface EventBody {
  readonly involvedObject: Reference
  readonly reason: string
  readonly message: string
  readonly source: { readonly component?: string; readonly host?: string }
  readonly firstTimestamp: string | null
  readonly lastTimestamp: string | null
  readonly count: number
  readonly type: string
  readonly eventTime: string | null
  readonly series: { readonly count: number; readonly lastObservedTime: string | null } | null
  readonly action: string
  readonly related: Reference | null
  readonly reportingComponent: string
  readonly reportingInstance: string
}

/** An event as it is kept: in the fields of core/v1, all of them, with Go's zero values where nothing was sent. */
export type StoredEvent = Stored & EventBody

export const emptyEvent: EventBody = {
  involvedObject: {},
  reason: '',
  message: '',
  source: {},
  firstTimestamp: null,
  lastTimestamp: null,
  count: 0,
  type: '',
  eventTime: null,
  series: null,
  action: '',
  related: null,
  reportingComponent: '',
  reportingInstance: '',
}

/** The event's fields in core/v1, and what events.k8s.io/v1 calls them. */
const newNames: Readonly<Record<keyof EventBody, string>> = {
  involvedObject: 'regarding',
  reason: 'reason',
  message: 'note',
  source: 'deprecatedSource',
  firstTimestamp: 'deprecatedFirstTimestamp',
  lastTimestamp: 'deprecatedLastTimestamp',
  count: 'deprecatedCount',
  type: 'type',
  eventTime: 'eventTime',
  series: 'series',
  action: 'action',
  related: 'related',
  reportingComponent: 'reportingController',
  reportingInstance: 'reportingInstance',
}

const referenceFields = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'] as const

/** The fields of an event in core/v1 or, if it is new, in events.k8s.io/v1. */
export function knownFields(isNew: boolean): Fields {
  const inside: Partial<Record<keyof EventBody, Fields>> = {
    involvedObject: leaves(...referenceFields),
    related: leaves(...referenceFields),
    source: leaves('component', 'host'),
    series: leaves('count', 'lastObservedTime'),
  }
  const body = (Object.keys(emptyEvent) as (keyof EventBody)[]).map(field => [isNew ? newNames[field] : field, inside[field] ?? true]) // it has all of them
  return { ...leaves('kind', 'apiVersion'), metadata: metadataFields, ...Object.fromEntries(body) }
}

/** Reads an event in the fields of either group. Unknown fields are dropped, as the API server does. */
export function decodeEvent(kind: Kind, body: Readonly<Record<string, unknown>>): Incoming & EventBody {
  const isNew = kind.group !== ''
  const fail = (value: unknown, field: string, type: string) => cannotUnmarshal(kind, value, `Event.${field}`, type)
  const named = (field: keyof EventBody) => {
    const name = isNew ? newNames[field] : field
    return { name, value: body[name] ?? undefined }
  }
  const text = (field: keyof EventBody): string => {
    const { name, value = '' } = named(field)
    if (typeof value !== 'string') throw fail(value, name, 'string')
    return value
  }
  const int = (value: unknown, name: string): number => {
    if (value === undefined) return 0
    if (!Number.isInteger(value) || Number(value) !== (Number(value) | 0)) throw fail(value, name, 'int32')
    return Number(value)
  }
  const record = (field: keyof EventBody): Record<string, unknown> | undefined => {
    const { name, value } = named(field)
    if (value === undefined) return undefined
    if (!isRecord(value)) throw fail(value, name, 'object')
    return value
  }
  const texts = <Name extends string>(value: Record<string, unknown>, names: readonly Name[]): Partial<Record<Name, string>> => {
    const found: Partial<Record<Name, string>> = {}
    for (const name of names) {
      const inner = value[name] ?? ''
      if (typeof inner !== 'string') throw fail(inner, name, 'string')
      if (inner !== '') found[name] = inner
    }
    return found
  }
  const related = record('related')
  const series = record('series')
  return {
    metadata: decodeMetadata(kind, body.metadata),
    involvedObject: texts(record('involvedObject') ?? {}, referenceFields),
    reason: text('reason'),
    message: text('message'),
    source: texts(record('source') ?? {}, ['component', 'host']),
    firstTimestamp: decodeTime(kind, named('firstTimestamp').value),
    lastTimestamp: decodeTime(kind, named('lastTimestamp').value),
    count: int(named('count').value, named('count').name),
    type: text('type'),
    eventTime: decodeMicroTime(kind, named('eventTime').value),
    series: series
      ? { count: int(series.count ?? undefined, 'series.count'), lastObservedTime: decodeMicroTime(kind, series.lastObservedTime) }
      : null,
    action: text('action'),
    related: related ? texts(related, referenceFields) : null,
    reportingComponent: text('reportingComponent'),
    reportingInstance: text('reportingInstance'),
  }
}

const zone = '(Z|[+-]\\d{2}:\\d{2})'
const seconds = '(\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2})'
const timeSyntax = new RegExp(`^${seconds}(?:[.,]\\d+)?${zone}$`)
const microTimeSyntax = new RegExp(`^${seconds}(\\.\\d{6})${zone}$`)

const inUtc = (time: string): string => new Date(time).toISOString().slice(0, 19)

function decodeTime(kind: Kind, value: unknown): string | null {
  if (value === undefined || value === null) return null
  const [, time = '', offset = ''] = timeSyntax.exec(String(value)) ?? []
  if (Number.isNaN(Date.parse(time + offset))) throw notATime(kind, value, '2006-01-02T15:04:05Z07:00')
  return `${inUtc(time + offset)}Z`
}

/** Exactly six digits of a second: the API server takes no other. */
function decodeMicroTime(kind: Kind, value: unknown): string | null {
  if (value === undefined || value === null) return null
  const [, time = '', fraction = '', offset = ''] = microTimeSyntax.exec(String(value)) ?? []
  if (Number.isNaN(Date.parse(time + offset))) throw notATime(kind, value, '2006-01-02T15:04:05.000000Z07:00')
  return `${inUtc(time + offset)}${fraction}Z`
}

function notATime(kind: Kind, value: unknown, layout: string): Error {
  return new Undecodable(
    `Event in version "${kind.version}" cannot be handled as a Event: parsing time "${value}" as "${layout}": cannot parse`,
  )
}

/** As core/v1 shows it: empty texts and a count of 0 are left out, empty objects and times are not. */
export function encodeCore(event: StoredEvent): Record<string, unknown> {
  return {
    metadata: event.metadata,
    involvedObject: event.involvedObject,
    reason: event.reason || undefined,
    message: event.message || undefined,
    source: event.source,
    firstTimestamp: event.firstTimestamp,
    lastTimestamp: event.lastTimestamp,
    count: event.count || undefined,
    type: event.type || undefined,
    eventTime: event.eventTime,
    series: event.series ? { ...event.series, count: event.series.count || undefined } : undefined,
    action: event.action || undefined,
    related: event.related ?? undefined,
    reportingComponent: event.reportingComponent,
    reportingInstance: event.reportingInstance,
  }
}

/** As events.k8s.io/v1 shows it. */
export function encodeNew(event: StoredEvent): Record<string, unknown> {
  return {
    metadata: event.metadata,
    eventTime: event.eventTime,
    series: event.series ?? undefined,
    reportingController: event.reportingComponent || undefined,
    reportingInstance: event.reportingInstance || undefined,
    action: event.action || undefined,
    reason: event.reason || undefined,
    regarding: event.involvedObject,
    related: event.related ?? undefined,
    note: event.message || undefined,
    type: event.type || undefined,
    deprecatedSource: event.source,
    deprecatedFirstTimestamp: event.firstTimestamp,
    deprecatedLastTimestamp: event.lastTimestamp,
    deprecatedCount: event.count || undefined,
  }
}
