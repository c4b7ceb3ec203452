import type { EventsApi, HeldEvent } from './events-api.ts'
import { Failure } from './failure.ts'
import type { Position } from './read.ts'
import { compareVersions } from './version.ts'

type Known = Pick<Position, 'version' | 'held'>

/**
 * Is the API server's history still the one in which the position was made? The newest event that was held must have been just so at that
 * version. Answers the held events of which that is true, or `replaced`. Throws Failure: gone if that version is compacted.
 */
export async function checkHistory(
  api: EventsApi,
  { version, held }: Known,
  signal: AbortSignal,
): Promise<readonly HeldEvent[] | 'replaced'> {
  try {
    return (await stillHeld(api, { version, held }, signal)) ?? 'replaced'
  } catch (error) {
    if (error instanceof Failure && error.reason === 'ahead') return 'replaced'
    throw error
  }
}

async function stillHeld(api: EventsApi, { version, held }: Known, signal: AbortSignal): Promise<readonly HeldEvent[] | undefined> {
  for (let left = held; ; left = left.slice(0, -1)) {
    const newest = left.at(-1)
    if (newest === undefined) return compareVersions(await api.versionNow(signal), version) < 0 ? undefined : left
    if (await api.hadAt(newest, version, signal)) return left
    // Events expire many at one version. If the watch was cut among those, the position is there, and the rest is never told.
    const before = String(BigInt(version) - 1n)
    if (newest.version === version || !(await api.hadAt(newest, before, signal))) return undefined
  }
}

/** While a watch is silent: the newest event that was held must still be just so, and the version of now not below the position. */
export async function isAsItWas(api: EventsApi, { version, held }: Known, signal: AbortSignal): Promise<boolean> {
  const newest = held.at(-1)
  if (newest === undefined) return compareVersions(await api.versionNow(signal), version) >= 0
  const page = await api.asItIsNow(newest, signal)
  const same = page.items.some(item => item.metadata?.uid === newest.uid && item.metadata.resourceVersion === newest.version)
  return same && compareVersions(page.version, version) >= 0
}
