import { createHash } from 'node:crypto'
import type { KubeEvent, ObjectReference } from '@kec/plugin-api'

/** Characters of a message, and of any other text. Elasticsearch indexes no keyword of more than 32,766 bytes. */
const longestMessage = 8_192
const longestText = 1_024
/** Labels, and annotations, that a document has at most. */
const mostPairs = 64
/** Bytes of an _id that Elasticsearch takes. */
const longestId = 512

/** Cut where it is too long, with a mark that says how long it was. Nothing at all if it is empty: then the field is not there. */
function text(value: string, longest = longestText): string | undefined {
  if (value === '') return undefined
  if (value.length <= longest) return value.toWellFormed()
  const mark = `… [cut by kec, ${value.length} characters]`
  return (value.slice(0, longest - mark.length) + mark).toWellFormed()
}

/** As `key=value`, in one field: as fields of their own, whoever names labels could blow up the mapping. */
function pairs(values: Readonly<Record<string, string>>): string[] | undefined {
  const all = Object.entries(values)
  if (all.length === 0) return undefined
  const kept = all.slice(0, mostPairs).map(([key, value]) => text(`${key}=${value}`) ?? '')
  return all.length > mostPairs ? [...kept, `… [cut by kec, ${all.length} in all]`] : kept
}

function reference({ apiVersion, kind, namespace, name, uid, fieldPath }: ObjectReference): object {
  return {
    api_version: text(apiVersion),
    kind: text(kind),
    namespace: text(namespace),
    name: text(name),
    uid: text(uid),
    field_path: text(fieldPath),
  }
}

/** An event in the names of ECS; what ECS has no name for is under `kubernetes.event`. All of it is bounded. */
export function documentOf(event: KubeEvent): object {
  const { regarding } = event
  return {
    '@timestamp': event.time,
    ecs: { version: '8.17.0' },
    message: text(event.message, longestMessage),
    log: { level: event.type === 'Normal' ? 'info' : 'warn' },
    event: {
      kind: 'event',
      module: 'kubernetes',
      dataset: 'kubernetes.event',
      id: text(event.id),
      reason: text(event.reason),
      action: text(event.action),
      start: event.firstTime,
      end: event.lastTime,
    },
    orchestrator: {
      type: 'kubernetes',
      cluster: { name: text(event.cluster.name), id: text(event.cluster.uid) },
      namespace: text(event.namespace),
      api_version: text(regarding.apiVersion),
      resource: { type: text(regarding.kind), name: text(regarding.name), id: text(regarding.uid) },
    },
    kubernetes: {
      event: {
        type: text(event.type),
        count: event.count,
        occurrences: event.occurrences,
        change: event.change,
        historical: event.historical,
        uid: text(event.uid),
        resource_version: text(event.resourceVersion),
        name: text(event.name),
        field_path: text(regarding.fieldPath),
        related: event.related && reference(event.related),
        reporting: { controller: text(event.reporting.controller), instance: text(event.reporting.instance) },
        source: { component: text(event.source.component), host: text(event.source.host) },
        labels: pairs(event.labels),
        annotations: pairs(event.annotations),
      },
    },
  }
}

/** The event's id, or a hash of it where Elasticsearch would not take that. */
export function documentId(event: KubeEvent): string {
  const { id } = event
  return Buffer.byteLength(id) <= longestId ? id : `sha256-${createHash('sha256').update(id).digest('hex')}`
}
