import type { Form } from './form.ts'
import { keyOf, prefixOf } from './kind.ts'
import type { Stored } from './object.ts'
import { listOptions, parseListVersion } from './options.ts'
import type { Route } from './route.ts'
import { badRequest, expired, tooLarge } from './status.ts'
import type { Store } from './store.ts'

/** How many objects are turned into text at a time. */
const pieceSize = 500

/** Answers a list as pieces of JSON text. Throws ApiError before the first piece, if at all. */
export function list(store: Store, { kind, namespace }: Route, query: URLSearchParams, form: Form): Iterable<string> {
  const options = listOptions(query, kind, false)
  const prefix = prefixOf(kind, namespace)
  const { revision, start } = from(store, prefix, options)
  const objects: Stored[] = []
  let last = ''
  let more = false
  for (const { key, object } of store.scan(prefix, revision, start)) {
    if (options.limit > 0 && objects.length === options.limit) {
      more = true
      break
    }
    last = key
    if (options.matches(object)) objects.push(object)
  }
  const metadata = {
    resourceVersion: String(revision),
    ...(more && { continue: tokenFor(revision, `${last.slice(prefix.length)}\0`) }),
    ...(more && !options.selects && { remainingItemCount: store.countAfter(prefix, revision, last) }),
  }
  return pieces(form, JSON.stringify(form.list(metadata)).slice(0, -']}'.length), objects)
}

function* pieces(form: Form, head: string, objects: readonly Stored[]): Generator<string> {
  yield head
  for (let i = 0; i < objects.length; i += pieceSize) {
    const texts = objects.slice(i, i + pieceSize).map(object => JSON.stringify(form.item(object)))
    yield (i > 0 ? ',' : '') + texts.join(',')
  }
  yield ']}\n'
}

/** From which revision the list is to be read, and from which key on. */
function from(store: Store, prefix: string, options: ReturnType<typeof listOptions>): { revision: bigint; start: string } {
  const { head } = store
  const token = options.continue
  if (token) {
    if (options.resourceVersion && options.resourceVersion !== '0') {
      throw badRequest('specifying resource version is not allowed when using continue')
    }
    const { revision, start } = readToken(token)
    if (revision < 0n) return { revision: head, start: prefix + start }
    if (revision > head) throw tooLarge(revision, head)
    if (revision < store.compacted) throw expired(tokenTooOld, tokenFor(-1n, start))
    return { revision, start: prefix + start }
  }
  const asked = parseListVersion(options.resourceVersion)
  if (asked > head) throw tooLarge(asked, head)
  // An old rule that clients rely on: with a limit and no match, a version is meant exactly.
  const exact = options.match === 'Exact' || (options.match === '' && options.limit > 0 && asked > 0n)
  if (exact && asked < store.compacted) throw expired('The resourceVersion for the provided list is too old.')
  return { revision: exact ? asked : head, start: prefix }
}

const tokenTooOld =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, ' +
  'or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an ' +
  'inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.'

function tokenFor(revision: bigint, start: string): string {
  // By hand, because JSON.stringify takes no bigint.
  return Buffer.from(`{"v":"meta.k8s.io/v1","rv":${revision},"start":${JSON.stringify(start)}}`).toString('base64url')
}

function readToken(token: string): { revision: bigint; start: string } {
  const text = Buffer.from(token, 'base64url').toString()
  const [, revision, start] = /^\{"v":"meta\.k8s\.io\/v1","rv":(-?\d+),"start":(".*")\}$/s.exec(text) ?? []
  if (revision === undefined || start === undefined) throw badRequest('invalid continue token: continue key is not valid')
  if (BigInt(revision) === 0n) {
    throw badRequest('invalid continue token: continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)')
  }
  return { revision: BigInt(revision), start: JSON.parse(start) }
}

/** The keys of all that a selector picks in one namespace. */
export function selectedKeys(store: Store, { kind, namespace }: Route, query: URLSearchParams): string[] {
  const { matches } = listOptions(query, kind, false)
  return [...store.scan(prefixOf(kind, namespace), store.head)]
    .filter(({ object }) => matches(object))
    .map(({ object }) => keyOf(kind, namespace, object.metadata.name))
}
