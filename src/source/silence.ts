import { setTimeout as sleep } from 'node:timers/promises'

/** ms between a first doubt and its consequence, at most. */
const grace = 2_000

/**
 * A silent watch is healthy on a quiet cluster, and is what a replaced history looks like: each `silence` ms without a frame, `isTrusted` asks.
 * Resolves when the watch is not to be trusted; rejects when the signal aborts.
 */
export async function distrust(
  silence: number,
  frameCount: () => number,
  isTrusted: () => Promise<boolean>,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const before = frameCount()
    await sleep(silence, undefined, { signal })
    if (frameCount() !== before || (await isTrusted())) continue
    // What was there a moment ago may just have gone, and the watch be about to say so.
    await sleep(Math.min(grace, silence), undefined, { signal })
    if (frameCount() === before) return
  }
}
