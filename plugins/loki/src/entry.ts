import type { KubeEvent } from '@kec/plugin-api'
import { filled, type Labels } from './labels.ts'
import { nanosecondsOf } from './time.ts'

export interface Form {
  readonly line: 'message' | 'json'
  readonly structuredMetadata: boolean
}

/** An event as it goes into a push. */
export interface Entry {
  readonly event: KubeEvent
  /** Of its stream, as JSON. */
  readonly stream: string
  /** Nanoseconds since 1970. */
  readonly time: bigint
  /** Its place in the stream's `values`, as JSON. */
  readonly text: string
  /** Bytes that it takes in a push, at most. */
  readonly size: number
}

/** Characters of the line's text: Loki refuses lines of more than 256 KB, and structured metadata of more than 64 KB. */
const longestMessage = 32_768
const longestValue = 1_024

/** undefined: its time is one that Loki cannot store. */
export function entryOf(event: KubeEvent, labels: Labels, { line, structuredMetadata }: Form): Entry | undefined {
  const time = nanosecondsOf(event)
  if (time === undefined) return undefined
  const message = cut(event.message, longestMessage)
  const values = [String(time), line === 'json' ? JSON.stringify(lineOf(event, message)) : message]
  const text = JSON.stringify(structuredMetadata ? [...values, metadataOf(event, labels)] : values)
  const stream = JSON.stringify(labels)
  return { event, stream, time, text, size: Buffer.byteLength(text) + Buffer.byteLength(stream) + 32 }
}

/** The body of POST /loki/api/v1/push. Within a stream, oldest first: a Loki that insists on order then finds it. */
export function bodyOf(entries: readonly Entry[]): string {
  const streams = Map.groupBy(
    entries.toSorted((a, b) => (a.time < b.time ? -1 : Number(a.time > b.time))),
    ({ stream }) => stream,
  )
  const parts = [...streams].map(([stream, own]) => `{"stream":${stream},"values":[${own.map(({ text }) => text).join(',')}]}`)
  return `{"streams":[${parts.join(',')}]}`
}

const levelOf = ({ type }: KubeEvent): string => (type === 'Normal' ? 'info' : 'warn')

/** What of an event is neither label nor line. Loki takes texts only; what is '' is left out. */
function metadataOf(event: KubeEvent, labels: Labels): Labels {
  const { regarding, related, reporting, source } = event
  const hidden = (name: string, value: string) => (value === (labels[name] ?? '') ? '' : value)
  const fields = {
    id: event.id,
    level: levelOf(event),
    reason: event.reason,
    action: event.action,
    name: regarding.name,
    host: source.host || reporting.instance,
    component: reporting.controller || source.component,
    count: String(event.count),
    occurrences: String(event.occurrences),
    change: event.change,
    historical: String(event.historical),
    time: event.time,
    first_time: event.firstTime ?? '',
    event_name: event.name,
    uid: event.uid,
    resource_version: event.resourceVersion,
    api_version: regarding.apiVersion,
    object_uid: regarding.uid,
    field_path: regarding.fieldPath,
    related_kind: related?.kind ?? '',
    related_name: related?.name ?? '',
    true_namespace: hidden('namespace', event.namespace),
    true_type: hidden('type', event.type),
    true_kind: hidden('kind', regarding.kind),
  }
  return filled(Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, cut(value, longestValue)])))
}

/** The fields of a line of the log plugin. */
function lineOf(event: KubeEvent, message: string): Record<string, string | number | boolean> {
  const short = (text: string) => cut(text, longestValue)
  return {
    timestamp: event.time,
    level: levelOf(event),
    message,
    name: short(event.regarding.name),
    reason: short(event.reason),
    host: short(event.source.host || event.reporting.instance),
    kind: short(event.regarding.kind),
    event_level: short(event.type),
    count: event.count,
    namespace: event.namespace,
    id: event.id,
    uid: event.uid,
    resource_version: event.resourceVersion,
    change: event.change,
    occurrences: event.occurrences,
    historical: event.historical,
    cluster: event.cluster.name,
  }
}

function cut(text: string, longest: number): string {
  return (text.length > longest ? `${text.slice(0, longest)}… (cut by kec: ${text.length} characters)` : text).toWellFormed()
}
