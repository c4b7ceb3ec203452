import type { Counts, Cursor } from '../journal/journal.ts'

/** What was received, and what became of it. All of it in event versions. */
export interface SourceBook {
  readonly received: number
  readonly journaled: number
  readonly duplicates: number
  readonly historySkipped: number
  readonly filtered: number
  /** By cause. */
  readonly causes: Readonly<Record<string, number>>
  readonly balances: boolean
}

/** What was journaled since a sink joined, and what became of it. */
export interface SinkBook {
  readonly journaled: number
  readonly skipped: number
  readonly delivered: number
  /** Dead letters lying. */
  readonly dead: number
  readonly discarded: number
  readonly expired: number
  readonly pending: number
  readonly balances: boolean
}

const prefix = 'filtered:'

/** received = duplicates + filtered + history skipped + journaled */
export function sourceBook(counts: Readonly<Counts>): SourceBook {
  const { added = 0, modified = 0, listed = 0, duplicates = 0, history_skipped: historySkipped = 0, journaled = 0 } = counts
  const causes: Record<string, number> = {}
  for (const [name, count = 0] of Object.entries(counts)) if (name.startsWith(prefix)) causes[name.slice(prefix.length)] = count
  const filtered = Object.values(causes).reduce((sum, count) => sum + count, 0)
  const received = added + modified + listed
  const balances = received === duplicates + filtered + historySkipped + journaled
  return { received, journaled, duplicates, historySkipped, filtered, causes, balances }
}

/** journaled since it joined = skipped + delivered + dead letters lying + discarded + expired + pending */
export function balanced({ journaled, skipped, delivered, dead, discarded, expired, pending }: Omit<SinkBook, 'balances'>): SinkBook {
  const balances = journaled === skipped + delivered + dead + discarded + expired + pending
  return { journaled, skipped, delivered, dead, discarded, expired, pending, balances }
}

/**
 * From a cursor, while its sink does not run. What the journal let go of before the sink read it, below `oldest`, is expired though the cursor
 * does not say so yet.
 */
export function sinkBook({ joined, seq, retry, counts, dead }: Cursor, head: number, oldest: number): SinkBook {
  const missing = Math.max(0, Math.min(oldest - 1, head) - seq)
  const pending = head - seq + retry.length + dead.redriven - missing
  return balanced({ journaled: head - joined, ...counts, dead: dead.lying, expired: counts.expired + missing, pending })
}
