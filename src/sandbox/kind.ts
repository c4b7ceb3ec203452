import type { Column } from './column.ts'
import type { Fields } from './fields.ts'
import type { Incoming, Metadata, Stored } from './object.ts'
import { type Cause, type ResourceName, Undecodable } from './status.ts'

/** A kind of object that the server serves. */
export interface Kind extends ResourceName {
  readonly version: string
  readonly kind: string
  readonly singular: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly namespaced: boolean
  /** Where its objects are kept. Two kinds with the same place are two faces of the same objects. */
  readonly place: string
  /** What its field selectors know. */
  readonly fields: Readonly<Record<string, (object: Stored) => string>>
  /** The fields of its objects. */
  readonly known: Fields
  /** What tables show of its objects. */
  readonly columns: readonly Column[]
  /** Reads what a client sent. Throws ApiError 400 where Go could not decode it. */
  decode(body: Readonly<Record<string, unknown>>): Incoming
  /** The object as clients see it, without kind and apiVersion. */
  encode(object: Stored): Record<string, unknown>
  validate(object: Incoming): readonly Cause[]
  validateUpdate(object: Stored, previous: Stored): readonly Cause[]
}

export const apiVersionOf = ({ group, version }: Pick<Kind, 'group' | 'version'>): string => (group ? `${group}/${version}` : version)

export const prefixOf = ({ place }: Kind, namespace: string): string => (namespace ? `${place}/${namespace}/` : `${place}/`)

export const keyOf = (kind: Kind, namespace: string, name: string): string => prefixOf(kind, namespace) + name

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What Go says when JSON of one type meets a field of another. */
export function cannotUnmarshal(kind: Pick<Kind, 'kind' | 'version' | 'group'>, value: unknown, field: string, type: string): Error {
  const found = Array.isArray(value)
    ? 'array'
    : typeof value === 'boolean'
      ? 'bool'
      : typeof value === 'number'
        ? `number ${value}`
        : typeof value
  const why = `json: cannot unmarshal ${found} into Go struct field ${field} of type ${type}`
  return new Undecodable(`${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: ${why}`)
}

/** The fields of metadata that a client may send; others are the server's. */
export function decodeMetadata(kind: Kind, value: unknown): Partial<Metadata> & { name: string } {
  if (value === undefined || value === null) return { name: '' }
  if (!isRecord(value)) throw cannotUnmarshal(kind, value, `${kind.kind}.metadata`, 'v1.ObjectMeta')
  const text = (field: 'name' | 'generateName' | 'namespace' | 'uid' | 'resourceVersion'): string => {
    const found = value[field] ?? ''
    if (typeof found !== 'string') throw cannotUnmarshal(kind, found, `ObjectMeta.metadata.${field}`, 'string')
    return found
  }
  const texts = (field: 'labels' | 'annotations'): Record<string, string> | undefined => {
    const found = value[field] ?? {}
    if (!isRecord(found)) throw cannotUnmarshal(kind, found, `ObjectMeta.metadata.${field}`, 'map[string]string')
    const entries = Object.entries(found).map(([key, inner]): [string, string] => {
      if (typeof inner !== 'string' && inner !== null) throw cannotUnmarshal(kind, inner, `ObjectMeta.metadata.${field}`, 'string')
      return [key, inner ?? '']
    })
    return entries.length > 0 ? Object.fromEntries(entries) : undefined
  }
  const labels = texts('labels')
  const annotations = texts('annotations')
  const [generateName, namespace, uid, resourceVersion] = [text('generateName'), text('namespace'), text('uid'), text('resourceVersion')]
  return {
    name: text('name'),
    ...(generateName && { generateName }),
    ...(namespace && { namespace }),
    ...(uid && { uid }),
    ...(resourceVersion && { resourceVersion }),
    ...(labels && { labels }),
    ...(annotations && { annotations }),
  }
}
