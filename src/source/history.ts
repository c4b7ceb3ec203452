import type { EventsApi, HeldEvent } from './events-api.ts'
import { Failure } from './failure.ts'
import type { Position } from './read.ts'
import { compareVersions } from './version.ts'

type Known = Pick<Position, 'version' | 'held' | 'anchors'>

/** What was found: the held events that are still just so; or another history, since the last byte of a watch, or unseen for longer. */
export type Finding = readonly HeldEvent[] | 'replaced' | 'replaced unseen'

/**
 * Is the API server's history still the one in which the position was made? The newest event that was held must have been just so at that
 * version, and so must be the anchor that is the oldest. Throws Failure: gone if that version is compacted.
 */
export async function checkHistory(api: EventsApi, { version, held, anchors }: Known, signal: AbortSignal): Promise<Finding> {
  try {
    const still = await stillHeld(api, { version, held }, signal)
    if (still === undefined) return 'replaced'
    // The oldest is the last one, as stillHeld takes them.
    const oldest = anchors.toReversed()
    const anchored = oldest.length === 0 || oldest.at(-1)?.uid === still.at(-1)?.uid
    return anchored || (await stillHeld(api, { version, held: oldest }, signal)) ? still : 'replaced unseen'
  } catch (error) {
    if (error instanceof Failure && error.reason === 'ahead') return 'replaced'
    throw error
  }
}

async function stillHeld(
  api: EventsApi,
  { version, held }: Omit<Known, 'anchors'>,
  signal: AbortSignal,
): Promise<readonly HeldEvent[] | undefined> {
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
export async function isAsItWas(api: EventsApi, { version, held }: Omit<Known, 'anchors'>, signal: AbortSignal): Promise<boolean> {
  const newest = held.at(-1)
  if (newest === undefined) return compareVersions(await api.versionNow(signal), version) >= 0
  const page = await api.asItIsNow(newest, signal)
  const same = page.items.some(item => item.metadata?.uid === newest.uid && item.metadata.resourceVersion === newest.version)
  return same && compareVersions(page.version, version) >= 0
}
