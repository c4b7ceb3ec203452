import { isDeepStrictEqual } from 'node:util'
import type { WritableStore } from './dry-run.ts'
import type { Checked } from './field-validation.ts'
import { apiVersionOf, isRecord, type Kind, keyOf } from './kind.ts'
import { namespaces } from './kinds.ts'
import { metadataRules } from './metadata-rules.ts'
import type { Incoming, Stored } from './object.ts'
import type { Route } from './route.ts'
import { ApiError, alreadyExists, badRequest, type Cause, conflict, invalid, notFound, Undecodable, undeletable, wrong } from './status.ts'

/** Where objects are written: each kind has its store. */
export type StoreOf = (kind: Kind) => WritableStore

type Body = Readonly<Record<string, unknown>>

const suffixLetters = 'bcdfghjklmnpqrstvwxz2456789'
const suffix = (): string => Array.from({ length: 5 }, () => suffixLetters[Math.floor(Math.random() * suffixLetters.length)]).join('')

export function create(stores: StoreOf, { kind, namespace }: Route, body: Body): Stored {
  const object = decode(kind, namespace, body)
  if (object.metadata.resourceVersion) throw new ApiError(500, undefined, 'resourceVersion should not be set on objects to be created')
  if (object.metadata.generateName && !object.metadata.name) object.metadata.name = object.metadata.generateName + suffix()
  return createNamed(stores, kind, namespace, object)
}

function createNamed(stores: StoreOf, kind: Kind, namespace: string, object: Incoming): Stored {
  const { name } = object.metadata
  mustExist(stores, namespace)
  refuse(kind, name, kind.validate(object))
  refuse(kind, name, metadataRules(object))
  const store = stores(kind)
  const key = keyOf(kind, namespace, name)
  if (store.get(key)) throw alreadyExists(kind, name)
  return store.create(key, object)
}

/** PUT. An event that is not there is created, as the API server does. */
export function update(stores: StoreOf, { kind, namespace, name }: Route, body: Body): { object: Stored; created: boolean } {
  const object = decode(kind, namespace, body)
  checkName(object, name)
  const store = stores(kind)
  const key = keyOf(kind, namespace, name)
  const previous = store.get(key)
  const { uid } = object.metadata
  if (uid && uid !== previous?.metadata.uid) throw conflict(kind, name, precondition(key, uid, previous?.metadata.uid ?? ''))
  if (previous) return { object: change(store, kind, key, previous, object), created: false }
  if (kind.place !== 'events') throw notFound(kind, name)
  return { object: createNamed(stores, kind, namespace, object), created: true }
}

export interface Patched {
  readonly object: Stored
  readonly warnings: readonly string[]
}

/** A merge patch, checked once it is merged. */
export function patch(stores: StoreOf, { kind, namespace, name }: Route, body: Body, check: (merged: Body) => Checked): Patched {
  const store = stores(kind)
  const key = keyOf(kind, namespace, name)
  const previous = store.get(key)
  if (!previous) throw notFound(kind, name)
  const shown = { kind: kind.kind, apiVersion: apiVersionOf(kind), ...JSON.parse(JSON.stringify(kind.encode(previous))) }
  const merged = merge(shown, body)
  const { refusal, warnings } = check(merged)
  if (refusal !== undefined) throw notPatchable(merged, refusal)
  const object = decodePatched(kind, namespace, merged)
  checkName(object, name)
  const { uid } = object.metadata
  if (uid && uid !== previous.metadata.uid) {
    throw invalid(kind.kind, name, [wrong('metadata.uid', uid, 'field is immutable')])
  }
  return { object: change(store, kind, key, previous, object), warnings }
}

/** What a patch makes of an object may be none; the API server then calls the patch invalid. */
function decodePatched(kind: Kind, namespace: string, merged: Record<string, unknown>): Incoming {
  try {
    return inNamespace(kind.decode(ofKind(kind, merged)), namespace)
  } catch (error) {
    if (error instanceof Undecodable) throw notPatchable(merged, error.message)
    throw error
  }
}

const notPatchable = (merged: Body, why: string): ApiError => invalid('', '', [wrong('patch', JSON.stringify(merged), why)])

function merge(target: Record<string, unknown>, changes: Body): Record<string, unknown> {
  const merged = { ...target }
  for (const [field, value] of Object.entries(changes)) {
    const was = merged[field]
    if (value === null) delete merged[field]
    else merged[field] = isRecord(value) ? merge(isRecord(was) ? was : {}, value) : value
  }
  return merged
}

function change(store: WritableStore, kind: Kind, key: string, previous: Stored, object: Incoming): Stored {
  const { resourceVersion, labels, annotations, name } = object.metadata
  if (resourceVersion && resourceVersion !== previous.metadata.resourceVersion) {
    throw conflict(kind, name, 'the object has been modified; please apply your changes to the latest version and try again')
  }
  const { labels: _labels, annotations: _annotations, ...kept } = previous.metadata
  const next: Stored = { ...object, metadata: { ...kept, ...(labels && { labels }), ...(annotations && { annotations }) } }
  refuse(kind, name, metadataRules(object))
  refuse(kind, name, kind.validateUpdate(next, previous))
  return isDeepStrictEqual(next, previous) ? previous : store.update(key, previous, next)
}

/** Namespaces that every cluster keeps. */
const lasting = ['default', 'kube-public', 'kube-system']

export function remove(stores: StoreOf, { kind, namespace, name }: Route, body: Body): Stored {
  const store = stores(kind)
  const key = keyOf(kind, namespace, name)
  const object = store.get(key)
  if (!object) throw notFound(kind, name)
  if (kind === namespaces && lasting.includes(name)) throw undeletable(kind, name)
  const wanted = isRecord(body.preconditions) ? body.preconditions : {}
  const named = { group: '', resource: kind.kind }
  const { uid, resourceVersion } = object.metadata
  if (wanted.uid !== undefined && wanted.uid !== uid) {
    const why = `the UID in the precondition (${wanted.uid}) does not match the UID in record (${uid}). `
    throw conflict(named, name, `${why}The object might have been deleted and then recreated`)
  }
  if (wanted.resourceVersion !== undefined && wanted.resourceVersion !== resourceVersion) {
    const why = `the ResourceVersion in the precondition (${wanted.resourceVersion}) does not match the ResourceVersion in record `
    throw conflict(named, name, `${why}(${resourceVersion}). The object might have been modified`)
  }
  store.delete([key])
  return object
}

function decode(kind: Kind, namespace: string, body: Body): Incoming {
  return inNamespace(kind.decode(ofKind(kind, body)), namespace)
}

function ofKind(kind: Kind, body: Body): Body {
  const expected = apiVersionOf(kind)
  const { apiVersion = expected, kind: name = kind.kind } = body
  if (apiVersion !== '' && apiVersion !== expected) {
    throw new Undecodable(`the API version in the data (${apiVersion}) does not match the expected API version (${expected})`)
  }
  if (name !== '' && name !== kind.kind) {
    const why = `converting (v1.${name}) to (core.${kind.kind}): unknown conversion`
    throw new Undecodable(`${name} in version "${kind.version}" cannot be handled as a ${kind.kind}: ${why}`)
  }
  return body
}

function inNamespace(object: Incoming, namespace: string): Incoming {
  if (object.metadata.namespace && object.metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  }
  if (namespace) object.metadata.namespace = namespace
  return object
}

function mustExist(stores: StoreOf, namespace: string): void {
  if (namespace && !stores(namespaces).get(keyOf(namespaces, '', namespace))) throw notFound(namespaces, namespace)
}

function checkName(object: Incoming, name: string): void {
  const given = object.metadata.name
  if (!given) throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`)
  if (given !== name) throw badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`)
}

function refuse(kind: Kind, name: string, causes: readonly Cause[]): void {
  if (causes.length > 0) throw invalid(kind.kind, name, causes)
}

const precondition = (key: string, wanted: string, found: string): string =>
  `StorageError: invalid object, Code: 4, Key: /registry/${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: ` +
  `UID in precondition: ${wanted}, UID in object meta: ${found}`
