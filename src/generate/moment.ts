import { randomUUID } from 'node:crypto'

let last = 0n

/** Nanoseconds since 1970; never the same twice in this process. */
export function now(): bigint {
  const time = BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6))
  last = time > last ? time : last + 1n
  return last
}

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/

/** As recorders name their events. An object whose name cannot be part of it (system:node) gives none, as with them. */
export function eventName(object: string, time: bigint): string {
  const name = `${object}.${time.toString(16)}`
  return subdomain.test(name) && name.length <= 253 ? name : randomUUID()
}

/** RFC 3339 with just the six digits that events.k8s.io/v1 takes. */
export function microTime(time: bigint): string {
  return `${seconds(time)}.${((time / 1000n) % 1_000_000n).toString().padStart(6, '0')}Z`
}

/** RFC 3339 without fractions: core/v1 keeps none. */
export const wholeTime = (time: bigint): string => `${seconds(time)}Z`

const seconds = (time: bigint): string => new Date(Number(time / 1_000_000n)).toISOString().slice(0, 19)
