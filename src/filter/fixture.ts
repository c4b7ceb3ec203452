import { normalise, type RawEvent } from '../event.ts'

/** An event as the filter sees it. */
export function event(raw: RawEvent = {}) {
  return normalise(raw, { change: 'created', historical: false, occurrences: 1, epoch: 1 }, { name: 'test', uid: 'c' })
}
