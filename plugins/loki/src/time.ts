import type { KubeEvent } from '@kec/plugin-api'

const latest = 2n ** 63n - 1n

/**
 * The event's time in nanoseconds since 1970; undefined if it is none that 63 bits hold.
 *
 * Loki keeps one of several entries of a stream that have the same time and the same line, and many events have: times are often whole
 * seconds, and two pods' `Started container` read alike. So the digits that the API server did not send, of those below a millisecond, are
 * the last ones of the resource version: they differ, keep the order, and are the same whenever the event comes again, so that what was pushed
 * twice is stored once.
 */
export function nanosecondsOf({ time, resourceVersion }: Pick<KubeEvent, 'time' | 'resourceVersion'>): bigint | undefined {
  const milliseconds = Date.parse(time)
  if (Number.isNaN(milliseconds)) return undefined
  const sent = (/\.(\d+)/.exec(time)?.[1] ?? '').slice(3, 9)
  const free = 10n ** BigInt(6 - sent.length)
  const nanoseconds = BigInt(milliseconds) * 1_000_000n + BigInt(sent.padEnd(6, '0')) + (numberOf(resourceVersion) % free)
  return nanoseconds >= 0n && nanoseconds <= latest ? nanoseconds : undefined
}

const numberOf = (version: string): bigint => BigInt(/^\d+$/.test(version) ? version : 0)
