import { isDeepStrictEqual } from 'node:util'
import type { EventBody, StoredEvent } from './event.ts'
import { labelRules } from './metadata-rules.ts'
import { qualifiedNameMistakes, subdomainMistakes } from './names.ts'
import type { Incoming } from './object.ts'
import { type Cause, required, wrong } from './status.ts'

const tooLong = (field: string, text: string, limit: number): Cause[] =>
  Buffer.byteLength(text) > limit ? [wrong(field, '', `can have at most ${limit} characters`)] : []

type Checked = Incoming & EventBody

/** What core/v1 asks of every event, new and changed. `isNew`: the request came through events.k8s.io/v1. */
function commonRules(event: Checked, isNew: boolean): Cause[] {
  const { involvedObject, metadata } = event
  const { namespace = '' } = metadata
  const about = involvedObject.namespace ?? ''
  const mismatch = [wrong('involvedObject.namespace', about, 'does not match event.namespace')]
  if (!event.eventTime) {
    const matches = about === '' ? namespace === 'default' : about === namespace
    return matches ? [] : mismatch
  }
  const component = isNew ? 'reportingController' : 'reportingComponent'
  return [
    ...(about === '' && namespace !== 'default' && namespace !== 'kube-system' ? mismatch : []),
    ...(event.reportingComponent ? [] : [required(component)]),
    ...qualifiedNameMistakes(event.reportingComponent).map(mistake => wrong(component, event.reportingComponent, mistake)),
    ...(event.reportingInstance ? tooLong('reportingInstance', event.reportingInstance, 128) : [required('reportingInstance')]),
    ...(event.action ? tooLong('action', event.action, 128) : [required('action')]),
    ...(event.reason ? tooLong('reason', event.reason, 128) : [required('reason')]),
    ...tooLong('message', event.message, 1024),
  ]
}

/** Stricter than core/v1, which takes all that fits in a path. */
function nameRules(name: string): Cause[] {
  if (!name) return [required('metadata.name', 'name or generateName is required')]
  return subdomainMistakes(name).map(mistake => wrong('metadata.name', name, mistake))
}

function seriesRules({ series }: EventBody): Cause[] {
  if (!series) return []
  return [
    ...(series.count < 2 ? [wrong('series.count', '', 'should be at least 2')] : []),
    ...(series.lastObservedTime ? [] : [required('series.lastObservedTime')]),
  ]
}

/** What is wrong with an event that is to be created. */
export function validateEvent(event: Checked, isNew: boolean): Cause[] {
  const causes = commonRules(event, isNew)
  if (!isNew) return causes
  const unset = (field: string) => wrong(field, '', 'needs to be unset')
  return [
    ...causes,
    ...nameRules(event.metadata.name),
    ...labelRules(event),
    ...seriesRules(event),
    ...(event.eventTime ? [] : [required('eventTime')]),
    ...(event.type === 'Normal' || event.type === 'Warning' ? [] : [wrong('type', '', `has invalid value: ${event.type}`)]),
    ...(event.firstTimestamp ? [unset('firstTimestamp')] : []),
    ...(event.lastTimestamp ? [unset('lastTimestamp')] : []),
    ...(event.count ? [unset('count')] : []),
    ...(event.source.component || event.source.host ? [unset('source')] : []),
  ]
}

const immutable = [
  'involvedObject',
  'reason',
  'message',
  'source',
  'firstTimestamp',
  'lastTimestamp',
  'count',
  'type',
  'eventTime',
  'action',
  'related',
  'reportingComponent',
  'reportingInstance',
] as const

/** What is wrong with a change: through events.k8s.io/v1 only the series and metadata may change. */
export function validateEventUpdate(event: StoredEvent, previous: StoredEvent, isNew: boolean): Cause[] {
  const causes = commonRules(event, isNew)
  if (!isNew) return causes
  return [
    ...causes,
    ...(isDeepStrictEqual(event.series, previous.series) ? [] : seriesRules(event)),
    ...immutable
      .filter(field => !isDeepStrictEqual(event[field], previous[field]))
      .map(field => wrong(field === 'reportingComponent' ? 'reportingController' : field, inGo(field, event[field]), 'field is immutable')),
  ]
}

/** A reference and a source as Go prints its structs. */
function inGo(field: (typeof immutable)[number], value: unknown): unknown {
  const shapes: Readonly<Record<string, readonly [goName: string, name: string][]>> = {
    involvedObject: reference,
    related: reference,
    source: [
      ['Component', 'component'],
      ['Host', 'host'],
    ],
  }
  const shape = shapes[field]
  if (!shape || typeof value !== 'object' || value === null) return value
  const found = new Map(Object.entries(value))
  return Object.fromEntries(shape.map(([goName, name]) => [goName, found.get(name) ?? '']))
}

const reference: readonly [string, string][] = [
  ['Kind', 'kind'],
  ['Namespace', 'namespace'],
  ['Name', 'name'],
  ['UID', 'uid'],
  ['APIVersion', 'apiVersion'],
  ['ResourceVersion', 'resourceVersion'],
  ['FieldPath', 'fieldPath'],
]
