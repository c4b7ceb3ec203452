import type { Store } from './store.ts'

/** The API server, too, is late by as much as a minute: it lets events with nearly the same end share a lease. */
const latest = 60_000

/** Deletes what was not written for `ttl` milliseconds, all that is due in one revision, until the timer is cleared. */
export function keepExpiring(store: Store, ttl: number): NodeJS.Timeout {
  const every = Math.min(latest, Math.ceil(ttl / 10))
  return setInterval(() => store.delete(store.keysWrittenBefore(Date.now() - ttl)), every)
}

/** Compacts, each time, to where the store stood the time before, so that who reads page by page can go on; until the timer is cleared. */
export function keepCompacting(head: () => bigint, compact: (revision: bigint) => void, every: number): NodeJS.Timeout {
  let before = head()
  return setInterval(() => {
    compact(before)
    before = head()
  }, every)
}
