import type { Kind } from './kind.ts'
import { methodNotAllowed, noSuchPath } from './status.ts'

export type Verb = 'list' | 'watch' | 'get' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection'

/** What a request for objects asks for. */
export interface Route {
  readonly verb: Verb
  readonly kind: Kind
  /** '' stands for all namespaces, and for kinds that have none. */
  readonly namespace: string
  /** '' stands for the collection. */
  readonly name: string
}

/** Finds what a path and a method mean. Undefined: the path names no objects (discovery, health). Throws ApiError 404, 405. */
export function route(method: string, path: string, query: URLSearchParams, kinds: readonly Kind[]): Route | undefined {
  const segments = path.split('/').filter(Boolean).map(decodeURIComponent)
  const root = segments[0] === 'api' ? 2 : segments[0] === 'apis' ? 3 : Number.POSITIVE_INFINITY
  if (segments.length <= root) return undefined
  const [group, version] = root === 2 ? ['', segments[1]] : [segments[1], segments[2]]
  const rest = segments.slice(root)
  const inNamespace = rest[0] === 'namespaces' && rest.length > 2
  const [resource, name = '', ...beyond] = inNamespace ? rest.slice(2) : rest
  const namespace = inNamespace ? (rest[1] ?? '') : ''
  const kind = kinds.find(one => one.group === group && one.version === version && one.resource === resource)
  if (!kind || beyond.length > 0 || (inNamespace && !kind.namespaced)) throw noSuchPath()
  const everywhere = kind.namespaced && !inNamespace
  if (everywhere && name) throw noSuchPath()
  const verb = name ? itemVerbs[method] : method === 'GET' && isTrue(query.get('watch')) ? 'watch' : collectionVerbs[method]
  if (!verb || (everywhere && verb !== 'list' && verb !== 'watch')) throw methodNotAllowed()
  return { verb, kind, namespace, name }
}

const itemVerbs: Readonly<Record<string, Verb>> = { GET: 'get', PUT: 'update', PATCH: 'patch', DELETE: 'delete' }
const collectionVerbs: Readonly<Record<string, Verb>> = { GET: 'list', POST: 'create', DELETE: 'deletecollection' }

/** The API server takes anything but these for yes: `?watch` too. */
const isTrue = (value: string | null): boolean => value !== null && value !== '0' && value.toLowerCase() !== 'false'
