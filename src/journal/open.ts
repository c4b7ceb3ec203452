import { setTimeout as sleep } from 'node:timers/promises'
import { KecError } from '../errors.ts'
import type { Journal } from './journal.ts'
import { type JournalOptions, openJournal } from './sqlite.ts'

/** Milliseconds that a kec waits for the one that has the journal: a rolling update starts the new one before the old one has drained. */
export const lockLimit = 60_000
const pause = 250

interface Waiting {
  /** Ends the wait. */
  readonly signal: AbortSignal
  /** Called once, if there is to be a wait, with the error that it would be refused with now. */
  readonly onWait: (refusal: KecError) => void
  /** Milliseconds to wait at most. Default `lockLimit`. */
  readonly limit?: number
}

/**
 * Opens the journal as soon as no other kec has it. Undefined if the signal aborts before that; throws what openJournal throws,
 * KEC_JOURNAL_LOCKED only when the other one still has it at the limit.
 */
export async function openWhenFree(options: JournalOptions, { signal, onWait, limit = lockLimit }: Waiting): Promise<Journal | undefined> {
  const giveUp = performance.now() + limit
  for (let waits = false; !signal.aborted; waits = true) {
    try {
      return openJournal(options)
    } catch (error) {
      if (!(error instanceof KecError && error.code === 'KEC_JOURNAL_LOCKED') || performance.now() >= giveUp) throw error
      if (!waits) onWait(error)
      await sleep(pause, undefined, { signal }).catch(() => undefined)
    }
  }
  return undefined
}
