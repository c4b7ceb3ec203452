import type { ApiRequest, Cluster } from '../cluster/cluster.ts'
import { KecError } from '../errors.ts'

/** An object as the API server sends it, as far as the generator looks into it. */
export interface ApiObject {
  apiVersion?: string
  kind?: string
  metadata?: { name?: string; namespace?: string; uid?: string; resourceVersion?: string; managedFields?: unknown }
  [field: string]: unknown
}

/** An answer, if it is one that the caller must look at: what was asked for, or a refusal that depends on what was asked. */
export interface Answer<Body = ApiObject> {
  readonly status: number
  readonly ok: boolean
  /** What was asked for if `ok`, else a Status. */
  readonly body: Body
  /** The API server's words of refusal. */
  readonly refusal: string
  /** Milliseconds that it asked to wait. */
  readonly retryAfter: number | undefined
}

/** JSON from the API server. Throws KecError where it is not about what was asked: no login, no right, no API server. */
export async function ask<Body = ApiObject>(cluster: Cluster, path: string, request: ApiRequest = {}): Promise<Answer<Body>> {
  const { status, headers, body } = await cluster.request(path, request)
  const json = parse<Body>(await body.text(), status, cluster)
  const refusal = json.message ?? `it answered ${status}`
  if (status === 401) {
    const fix = 'Log in again; does kubectl get namespaces work?'
    throw new KecError('KEC_CLUSTER', `the API server ${cluster.server} does not accept the credentials of ${cluster.origin}`, fix)
  }
  if (status === 403) {
    throw new KecError('KEC_CLUSTER', `a right is missing: ${refusal}`, 'Let the account do this (RBAC), or use another --context.')
  }
  const seconds = Number(headers['retry-after'] ?? Number.NaN)
  return { status, ok: status < 300, body: json, refusal, retryAfter: seconds > 0 ? seconds * 1000 : undefined }
}

function parse<Body>(text: string, status: number, { server }: Cluster): Body & { message?: string } {
  try {
    const json = JSON.parse(text)
    if (typeof json === 'object' && json !== null) return json
  } catch {
    // A server behind the API server that is out of order: its text is a refusal like others.
    if (status >= 500) return { message: `${status} ${text.slice(0, 200).trim()}` } as Body & { message: string } // read only if ok
  }
  throw new KecError(
    'KEC_CLUSTER',
    `what answers at ${server} is no API server: its answer (${status}) is not JSON`,
    'Is the address right? kubectl cluster-info tells.',
  )
}
