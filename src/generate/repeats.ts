import { microTime, wholeTime } from './moment.ts'

/** How core/v1 says that an event happened so often. */
export function countOf(count: number, first: bigint, last: bigint) {
  return { count, firstTimestamp: wholeTime(first), lastTimestamp: wholeTime(last) }
}

/** How events.k8s.io/v1 says it; a count of 2 is the least. */
export function seriesOf(count: number, last: bigint) {
  return { series: { count, lastObservedTime: microTime(last) } }
}
