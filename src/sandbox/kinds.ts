import { aged, type Column, named } from './column.ts'
import { decodeEvent, encodeCore, encodeNew, knownFields, type Reference, type StoredEvent } from './event.ts'
import { eventColumns } from './event-columns.ts'
import { validateEvent, validateEventUpdate } from './event-rules.ts'
import { leaves, metadataFields } from './fields.ts'
import { decodeMetadata, isRecord, type Kind } from './kind.ts'
import { textAt } from './look.ts'
import { nodeColumns } from './node-columns.ts'
import type { Incoming, Stored } from './object.ts'
import { podColumns } from './pod-columns.ts'
import { deploymentColumns, replicaSetColumns } from './workload-columns.ts'

type Names = Pick<Kind, 'group' | 'version' | 'kind' | 'resource' | 'singular' | 'namespaced'> &
  Partial<Pick<Kind, 'shortNames' | 'categories' | 'fields' | 'columns'>>

/** Whatever is kept under the `events` place was decoded as an event. */
const asEvent = (object: Stored): StoredEvent => object as StoredEvent

const nameFields = {
  'metadata.name': ({ metadata }: Stored) => metadata.name,
  'metadata.namespace': ({ metadata }: Stored) => metadata.namespace ?? '',
}

function eventKind(group: '' | 'events.k8s.io'): Kind {
  const isNew = group !== ''
  const about = isNew ? 'regarding' : 'involvedObject'
  const reference = (['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'] satisfies (keyof Reference)[]).map(
    (field): [string, (object: Stored) => string] => [`${about}.${field}`, object => asEvent(object).involvedObject[field] ?? ''],
  )
  const kind: Kind = {
    group,
    version: 'v1',
    kind: 'Event',
    resource: 'events',
    singular: 'event',
    shortNames: ['ev'],
    categories: [],
    namespaced: true,
    place: 'events',
    columns: eventColumns,
    known: knownFields(isNew),
    fields: {
      ...nameFields,
      ...Object.fromEntries(reference),
      reason: object => asEvent(object).reason,
      type: object => asEvent(object).type,
      [isNew ? 'reportingController' : 'reportingComponent']: object => asEvent(object).reportingComponent,
      ...(!isNew && { source: (object: Stored) => asEvent(object).source.component || asEvent(object).reportingComponent }),
    },
    decode: body => decodeEvent(kind, body),
    encode: object => (isNew ? encodeNew : encodeCore)(asEvent(object)),
    validate: object => validateEvent(object as ReturnType<typeof decodeEvent>, isNew), // it comes from decode
    validateUpdate: (object, previous) => validateEventUpdate(asEvent(object), asEvent(previous), isNew),
  }
  return kind
}

/** A kind whose objects are kept as they come; only their names are looked at. */
export function plainKind(names: Names): Kind {
  const kind: Kind = {
    shortNames: [],
    categories: [],
    columns: [named, aged],
    ...names,
    place: names.group ? `${names.group}/${names.resource}` : names.resource,
    known: { ...leaves('kind', 'apiVersion', 'spec', 'status'), metadata: metadataFields },
    fields: { ...nameFields, ...names.fields },
    decode: ({ kind: _kind, apiVersion: _apiVersion, metadata, ...rest }): Incoming => ({
      ...rest,
      metadata: decodeMetadata(kind, metadata),
    }),
    encode: object => ({ ...object }),
    validate: () => [],
    validateUpdate: () => [],
  }
  return kind
}

const plainNamespaces = plainKind({
  group: '',
  version: 'v1',
  kind: 'Namespace',
  resource: 'namespaces',
  singular: 'namespace',
  shortNames: ['ns'],
  namespaced: false,
  columns: [named, { name: 'Status', cell: namespace => textAt(namespace, 'status.phase') }, aged],
})

export const namespaces: Kind = {
  ...plainNamespaces,
  /** A namespace carries its name as a label, and is active. */
  decode(body) {
    const { metadata, ...rest } = plainNamespaces.decode(body)
    const labels = { ...metadata.labels, ...(metadata.name && { 'kubernetes.io/metadata.name': metadata.name }) }
    return { spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' }, ...rest, metadata: { ...metadata, labels } }
  },
}

export const coreEvents = eventKind('')
const newEvents = eventKind('events.k8s.io')

const plainPods = plainKind({
  group: '',
  version: 'v1',
  kind: 'Pod',
  resource: 'pods',
  singular: 'pod',
  shortNames: ['po'],
  categories: ['all'],
  namespaced: true,
  columns: podColumns,
  fields: Object.fromEntries(
    ['spec.nodeName', 'spec.restartPolicy', 'spec.schedulerName', 'spec.serviceAccountName', 'status.phase', 'status.podIP'].map(path => [
      path,
      (pod: Stored) => textAt(pod, path),
    ]),
  ),
})

const pods: Kind = {
  ...plainPods,
  /** Nobody runs it, so it waits. */
  decode(body) {
    const { status, ...pod } = plainPods.decode(body)
    return { ...pod, status: { phase: 'Pending', ...(isRecord(status) && status) } }
  },
}

const workload = (kind: string, resource: string, shortNames: readonly string[], columns: readonly Column[]): Kind =>
  plainKind({
    ...{ group: 'apps', version: 'v1', kind, resource, singular: kind.toLowerCase(), shortNames, categories: ['all'], namespaced: true },
    columns,
  })

/** What every sandbox serves. */
export const builtInKinds: readonly Kind[] = [
  coreEvents,
  newEvents,
  namespaces,
  plainKind({
    ...{ group: '', version: 'v1', kind: 'Node', resource: 'nodes', singular: 'node', shortNames: ['no'], namespaced: false },
    columns: nodeColumns,
  }),
  pods,
  workload('Deployment', 'deployments', ['deploy'], deploymentColumns),
  workload('ReplicaSet', 'replicasets', ['rs'], replicaSetColumns),
  // `kubectl describe node` asks for it.
  plainKind({
    ...{ group: 'coordination.k8s.io', version: 'v1', kind: 'Lease', resource: 'leases', singular: 'lease', namespaced: true },
    columns: [named, { name: 'Holder', cell: lease => textAt(lease, 'spec.holderIdentity') }, aged],
  }),
]
