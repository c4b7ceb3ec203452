import { setTimeout } from 'node:timers/promises'
import type { ApiRequest, Cluster } from '../cluster/cluster.ts'
import { KecError } from '../errors.ts'
import { type Answer, type ApiObject, ask } from './api.ts'

/** Waits and tries again while the API server is too busy. A request that is under way is not aborted: it would leave open what became of it. */
export async function send(cluster: Cluster, path: string, request: ApiRequest, signal: AbortSignal): Promise<Answer> {
  for (;;) {
    const answer = await ask(cluster, path, request)
    if (answer.status !== 429) return answer
    await setTimeout(answer.retryAfter ?? 1000, undefined, { signal })
  }
}

/** The event in the answer. Throws KEC_GENERATE if it is a refusal. */
export function eventIn({ ok, body, refusal }: Answer): ApiObject {
  if (ok) return body
  throw new KecError('KEC_GENERATE', `the API server refuses the event: ${refusal}`, 'Its words say what it wants instead.')
}

/** Where the events of a namespace are, in `v1` or `events.k8s.io/v1`. */
export function eventsPath(group: 'v1' | 'events.k8s.io/v1', namespace: string): string {
  return `${group === 'v1' ? '/api/v1' : `/apis/${group}`}/namespaces/${namespace}/events`
}

/** Changes these fields. */
export function patch(body: object): ApiRequest {
  return { method: 'PATCH', contentType: 'application/merge-patch+json', body }
}
