import type { Cluster } from './cluster/cluster.ts'
import { KecError } from './errors.ts'
import type { ClusterIdentity } from './event.ts'

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

function uidIn(text: string): string | undefined {
  try {
    const uid: unknown = JSON.parse(text)?.metadata?.uid
    return typeof uid === 'string' ? uid : undefined
  } catch {
    return undefined
  }
}
