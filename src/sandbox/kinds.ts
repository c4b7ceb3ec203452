import { decodeEvent, encodeCore, encodeNew, type Reference, type StoredEvent } from './event.ts'
import { validateEvent, validateEventUpdate } from './event-rules.ts'
import { decodeMetadata, type Kind } from './kind.ts'
import type { Incoming, Stored } from './store.ts'

type Names = Pick<Kind, 'group' | 'version' | 'kind' | 'resource' | 'singular' | 'namespaced'> &
  Partial<Pick<Kind, 'shortNames' | 'categories'>>

/** Whatever is kept under the `events` place was decoded as an event. */
const asEvent = (object: Stored): StoredEvent => object as StoredEvent

const metadataFields = {
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
    fields: {
      ...metadataFields,
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
    ...names,
    place: names.group ? `${names.group}/${names.resource}` : names.resource,
    fields: metadataFields,
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

/** What every sandbox serves. */
export const builtInKinds: readonly Kind[] = [
  coreEvents,
  newEvents,
  namespaces,
  plainKind({ group: '', version: 'v1', kind: 'Node', resource: 'nodes', singular: 'node', shortNames: ['no'], namespaced: false }),
  plainKind({
    group: '',
    version: 'v1',
    kind: 'Pod',
    resource: 'pods',
    singular: 'pod',
    shortNames: ['po'],
    categories: ['all'],
    namespaced: true,
  }),
  plainKind({
    group: 'apps',
    version: 'v1',
    kind: 'Deployment',
    resource: 'deployments',
    singular: 'deployment',
    shortNames: ['deploy'],
    categories: ['all'],
    namespaced: true,
  }),
]
