import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '@kec/plugin-api'
import type { Cluster } from './cluster/cluster.ts'
import { KecError } from './errors.ts'
import type { ClusterIdentity } from './event.ts'
import type { Journal } from './journal/journal.ts'

/**
 * The cluster's uid: that of its kube-system namespace. Without the right to read it, the cluster's name stands in; and what once stood in
 * stays, so that events keep their ids. Throws when the API server can't be asked.
 */
export async function identify(
  cluster: Cluster,
  name: string,
  known: ClusterIdentity | undefined,
  signal: AbortSignal,
): Promise<ClusterIdentity> {
  const { status, body } = await cluster.request('/api/v1/namespaces/kube-system', { signal })
  const text = await body.text()
  const standIn = known?.uid ?? name
  if (status === 403 || status === 404) return { name, uid: standIn }
  if (status !== 200)
    throw new KecError('KEC_CLUSTER', `the API server answered ${status} when it was asked who it is`, 'It is asked again.')
  const uid = uidIn(text)
  const stoodIn = known !== undefined && known.uid === known.name
  return { name, uid: stoodIn || uid === undefined ? standIn : uid }
}

/** Asks until the API server answers, and the journal is tied to it; undefined if kec is stopped before. Throws if the journal belongs to another cluster. */
export async function identifyPatiently(
  cluster: Cluster,
  name: string,
  journal: Journal,
  stop: AbortSignal,
  log: Log,
): Promise<ClusterIdentity | undefined> {
  let said = ''
  for (let wait = 500; !stop.aborted; wait = Math.min(wait * 2, 30_000)) {
    try {
      const identity = await identify(cluster, name, journal.cluster, stop)
      journal.identify(identity)
      return identity
    } catch (error) {
      if (stop.aborted) break
      if (error instanceof KecError && error.code !== 'KEC_CLUSTER') throw error
      const what = error instanceof KecError ? `${error.message}.` : String(error)
      const fix = error instanceof KecError && what !== said ? `${error.fix} ` : '' // once is enough
      said = what
      log.error(`${what} ${fix}Trying again in ${wait / 1000} s.`)
      await sleep(wait, undefined, { signal: stop }).catch(() => undefined)
    }
  }
  return undefined
}

function uidIn(text: string): string | undefined {
  try {
    const uid: unknown = JSON.parse(text)?.metadata?.uid
    return typeof uid === 'string' ? uid : undefined
  } catch {
    return undefined
  }
}
