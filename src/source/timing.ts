/** All in ms, but for watchSeconds. */
export interface Timing {
  /** A watch is asked to end after a random time between these, in seconds. */
  readonly watchSeconds: readonly [number, number]
  /** How much longer the client waits for that end. */
  readonly watchSlack: number
  /** After so long without a frame the API server is asked whether its history is still the same. */
  readonly silence: number
  /** The first wait after a failure, which doubles, and the longest. */
  readonly backoff: readonly [number, number]
}

export const defaultTiming: Timing = { watchSeconds: [300, 600], watchSlack: 30_000, silence: 300_000, backoff: [500, 30_000] }
