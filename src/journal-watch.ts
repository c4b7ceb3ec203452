import type { Log } from '@kec/plugin-api'
import type { Journal } from './journal/journal.ts'

const pause = 5_000
/** Looks between two complaints: a minute. */
const complaintsEvery = 12

/** Complains in the log while the journal's file is not in its place. Answers how to stop it. */
export function watchJournal(journal: Pick<Journal, 'isInPlace'>, file: string, log: Log): () => void {
  let missed = 0
  const timer = setInterval(() => {
    if (journal.isInPlace) missed = 0
    else if (missed++ % complaintsEvery === 0)
      log.error(
        `The journal ${file} was deleted or replaced while kec has it open: what kec stores is lost when it ends. ` +
          'Restart kec: it then starts a new one, and lists everything again.',
      )
  }, pause).unref()
  return () => clearInterval(timer)
}
