import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Target } from './target.ts'
import type { Wish } from './wish.ts'

/** An event as events.k8s.io/v1 takes it. */
export function newEvent({ namespace, regarding }: Target, { type, action, reason, message }: Wish) {
  const now = nanoseconds()
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: eventName(regarding.name, now), namespace },
    eventTime: microTime(now),
    type,
    reason,
    action,
    note: message,
    regarding,
    reportingController: 'k8s-event-generator',
    reportingInstance: hostname().slice(0, 128) || 'kec',
  }
}

let last = 0n

/** Since 1970; never the same twice in this process. */
function nanoseconds(): bigint {
  const now = BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6))
  last = now > last ? now : last + 1n
  return last
}

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/

/** As recorders name their events. An object whose name cannot be part of it (system:node) gives none, as with them. */
function eventName(object: string, now: bigint): string {
  const name = `${object}.${now.toString(16)}`
  return subdomain.test(name) && name.length <= 253 ? name : randomUUID()
}

/** RFC 3339 with just the six digits that the API server takes. */
function microTime(now: bigint): string {
  const micros = (now / 1000n) % 1_000_000n
  return `${new Date(Number(now / 1_000_000n)).toISOString().slice(0, 19)}.${micros.toString().padStart(6, '0')}Z`
}
