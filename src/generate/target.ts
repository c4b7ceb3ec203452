import type { Cluster } from '../cluster/cluster.ts'
import { KecError } from '../errors.ts'
import { didYouMean } from '../nearest.ts'
import { type ApiObject, ask } from './api.ts'
import { type Kind, resolveKind } from './kinds.ts'
import type { Wish } from './wish.ts'

/** What the events are about, and the namespace that they are created in. */
export interface Target {
  readonly namespace: string
  readonly regarding: {
    readonly apiVersion: string
    readonly kind: string
    readonly name: string
    readonly namespace?: string
    readonly uid: string
  }
}

/** Finds the object. Throws KEC_GENERATE with what there is instead. */
export async function findTarget(cluster: Cluster, wish: Wish, signal: AbortSignal): Promise<Target> {
  const { object, namespace = 'default' } = wish
  if (!object) return namespaceItself(cluster, namespace, signal)
  const kind = await resolveKind(cluster, object.kind, signal)
  if (!kind.namespaced && wish.namespace !== undefined && wish.namespace !== 'default') {
    throw new KecError(
      'KEC_USAGE',
      `--namespace ${wish.namespace} does not go with --kind ${object.kind}: a ${kind.kind} is in no namespace`,
      'Leave --namespace out: its events live in the namespace default.',
    )
  }
  const list = `${kind.group ? `/apis/${kind.group}` : '/api'}/${kind.version}${kind.namespaced ? `/namespaces/${part(namespace)}` : ''}/${kind.plural}`
  const { ok, status, body, refusal } = await ask(cluster, `${list}/${part(object.name)}`, { signal })
  if (!ok && status !== 404)
    throw new KecError('KEC_GENERATE', `the API server does not give ${object.kind} ${object.name}: ${refusal}`, '')
  if (!ok) {
    if (kind.namespaced) await namespaceItself(cluster, namespace, signal)
    throw await noSuchObject(cluster, kind, object.name, kind.namespaced ? namespace : undefined, list, signal)
  }
  return {
    namespace,
    regarding: {
      apiVersion: kind.group ? `${kind.group}/${kind.version}` : kind.version,
      kind: kind.kind,
      name: object.name,
      ...(kind.namespaced && { namespace }),
      uid: body.metadata?.uid ?? '',
    },
  }
}

/** The namespace as a target. An event about it lives in it, and says so once more: the API server wants both to agree. Throws KEC_GENERATE. */
export async function namespaceItself(cluster: Cluster, namespace: string, signal: AbortSignal): Promise<Target> {
  const { ok, status, body, refusal } = await ask(cluster, `/api/v1/namespaces/${part(namespace)}`, { signal })
  if (status === 404) {
    const names = await namesIn(cluster, '/api/v1/namespaces', signal)
    throw new KecError('KEC_GENERATE', `--namespace: there is no namespace ${namespace}.${didYouMean(namespace, names)}`, thereAre(names))
  }
  if (!ok) throw new KecError('KEC_GENERATE', `the API server does not give the namespace ${namespace}: ${refusal}`, '')
  return { namespace, regarding: { apiVersion: 'v1', kind: 'Namespace', name: namespace, namespace, uid: body.metadata?.uid ?? '' } }
}

async function noSuchObject(
  cluster: Cluster,
  kind: Kind,
  name: string,
  namespace: string | undefined,
  list: string,
  signal: AbortSignal,
): Promise<KecError> {
  const names = await namesIn(cluster, list, signal)
  const where = namespace ? ` in the namespace ${namespace}` : ''
  const elsewhere = namespace ? ' It may be in another --namespace.' : ''
  return new KecError(
    'KEC_GENERATE',
    `--name: there is no ${kind.kind} ${name}${where}.${didYouMean(name, names)}`,
    `${thereAre(names)}${elsewhere}`,
  )
}

/** The first hundred; none if the account may not list them: they are only a help. */
async function namesIn(cluster: Cluster, list: string, signal: AbortSignal): Promise<string[]> {
  try {
    const { body } = await ask<{ items?: ApiObject[] }>(cluster, list, { query: { limit: 100 }, signal })
    return (body.items ?? []).map(({ metadata }) => metadata?.name ?? '')
  } catch {
    return []
  }
}

function thereAre(names: readonly string[]): string {
  if (names.length === 0) return 'There are none that this account can see.'
  return `There are: ${names.slice(0, 10).join(', ')}${names.length > 10 ? ', …' : ''}.`
}

/** A name as a piece of a path: it may hold anything that was typed. */
const part = encodeURIComponent
