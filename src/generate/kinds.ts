import type { Cluster } from '../cluster/cluster.ts'
import { KecError } from '../errors.ts'
import { didYouMean } from '../nearest.ts'
import { ask } from './api.ts'

/** A kind of object that the API server serves. */
export interface Kind {
  /** '' for the core group. */
  readonly group: string
  readonly version: string
  readonly kind: string
  /** Its name in paths: pods. */
  readonly plural: string
  readonly singular: string
  readonly shortNames: readonly string[]
  readonly namespaced: boolean
}

interface ResourceList {
  resources?: { name: string; singularName?: string; kind: string; shortNames?: string[]; namespaced: boolean; verbs: string[] }[]
}

interface GroupList {
  groups?: { name: string; preferredVersion?: { version: string }; versions: { version: string }[] }[]
}

/**
 * The kind that a word stands for, as kubectl takes it: pods, pod, po, Pod, deployments.apps, deployments.v1.apps; the core group goes first,
 * and a group's preferred version. Throws KEC_GENERATE if there is none.
 */
export async function resolveKind(cluster: Cluster, word: string, signal: AbortSignal): Promise<Kind> {
  const core = await kindsOf(cluster, '', 'v1', signal)
  const found = pick(core, word)
  if (found) return found
  const others = await otherKinds(cluster, signal)
  const other = pick(others, word)
  if (other) return other
  const names = [...core, ...others].flatMap(({ plural, group, kind, shortNames }) =>
    word.includes('.') ? [`${plural}.${group}`] : [plural, kind, ...shortNames],
  )
  throw new KecError(
    'KEC_GENERATE',
    `--kind: the API server has no kind ${JSON.stringify(word)}.${didYouMean(word, names)}`,
    'kubectl api-resources lists the kinds.',
  )
}

/** Whole names before short ones, so that no short name hides a kind. */
function pick(kinds: readonly Kind[], word: string): Kind | undefined {
  const wanted = word.toLowerCase()
  const dot = wanted.indexOf('.')
  const [name, group] = dot === -1 ? [wanted, undefined] : [wanted.slice(0, dot), wanted.slice(dot + 1)]
  const candidates = kinds.filter(kind => group === undefined || group === kind.group || group === `${kind.version}.${kind.group}`)
  return (
    candidates.find(({ plural, singular, kind }) => name === plural || name === singular || name === kind.toLowerCase()) ??
    candidates.find(({ shortNames }) => shortNames.includes(name))
  )
}

async function otherKinds(cluster: Cluster, signal: AbortSignal): Promise<Kind[]> {
  const { body } = await ask<GroupList>(cluster, '/apis', { signal })
  const versions = (body.groups ?? []).flatMap(({ name, preferredVersion, versions }) => {
    const all = versions.map(({ version }) => version)
    const preferred = preferredVersion?.version ?? all[0] ?? ''
    return [preferred, ...all.filter(version => version !== preferred)].map(version => [name, version] as const)
  })
  return (await Promise.all(versions.map(([group, version]) => kindsOf(cluster, group, version, signal)))).flat()
}

/** None if a group's own server is out of order: the others are served all the same. */
async function kindsOf(cluster: Cluster, group: string, version: string, signal: AbortSignal): Promise<Kind[]> {
  const { ok, body } = await ask<ResourceList>(cluster, group ? `/apis/${group}/${version}` : `/api/${version}`, { signal })
  if (!ok) return []
  return (body.resources ?? [])
    .filter(({ name, verbs }) => !name.includes('/') && verbs.includes('get'))
    .map(({ name, singularName, kind, shortNames = [], namespaced }) => ({
      group,
      version,
      kind,
      plural: name,
      singular: singularName || kind.toLowerCase(),
      shortNames,
      namespaced,
    }))
}
