import type { KubeEvent } from '@kec/plugin-api'
import type { HeldEvent } from './events-api.ts'

/** Why everything is listed. `replaced`: the API server's history is another one than before. */
export type ListCause = 'first' | 'selectors' | 'expired' | 'replaced' | 'distrusted' | 'stuck'

/** Where one list + watch stands. Stored with what was read up to there. A type, not an interface: it is JSON in the journal. */
export type Position = {
  /** Watch from here; '' until the first list is through. */
  readonly version: string
  /** Versions up to this one were there before kec first looked. Settled by the first list's first page. */
  readonly historical: string
  /** 1, and 1 more each time that the API server's history was replaced: versions of two epochs can't be compared. */
  readonly epoch: number
  /** Until then (ms since 1970) nothing can have been missed. */
  readonly seen: number
  /** The newest events that the API server still held, the newest last: to tell whether its history is still the same. */
  readonly held: readonly HeldEvent[]
  /**
   * Those that have been held the longest since the history was last known to be the same, the oldest first, as they are now. A watch that
   * stays open over a replaced history goes on with the new one as soon as that passes its version: the newest then prove nothing.
   */
  readonly anchors: readonly HeldEvent[]
  /** When that was (ms since 1970). */
  readonly trusted: number
  /** The selectors that it was read with: with others, everything is listed again. */
  readonly selectors: string
}

/** News: an event, and the line from which the journal makes it again. */
export interface News {
  readonly event: KubeEvent
  readonly line: Uint8Array
}

/** What one read of a stream brought, to be stored together. */
export interface Read {
  readonly stream: string
  readonly news: readonly News[]
  readonly position: Position
  /** Ledger lines of what is not news. */
  readonly ledger: readonly string[]
  readonly counts: { readonly added: number; readonly modified: number; readonly listed: number; readonly duplicates: number }
  readonly gap: { readonly from: Date; readonly to: Date; readonly cause: ListCause } | undefined
}
