import { hostname } from 'node:os'
import { DatabaseSync } from 'node:sqlite'
import { KecError } from '../errors.ts'
import { isBusy } from './failure.ts'

/** Milliseconds: whoever only reads the owner is done by then. */
const patience = 500

/**
 * Holds `file` for this process; the operating system lets go of it however the process ends. It is a small database of its own, because
 * SQLite's lock on the journal itself would shut out readers; while it is held, its content (who holds it) can be read.
 */
export function lock(file: string, journal: string): { release(): void } {
  const db = new DatabaseSync(file, { timeout: patience })
  try {
    db.exec('PRAGMA page_size = 512; CREATE TABLE IF NOT EXISTS owner (pid INTEGER NOT NULL, host TEXT NOT NULL)')
    db.exec('BEGIN IMMEDIATE; DELETE FROM owner')
    db.prepare('INSERT INTO owner VALUES (?, ?)').run(process.pid, hostname())
    // Whoever comes in between the two holds it, and we are refused: never two.
    db.exec('COMMIT; BEGIN IMMEDIATE')
  } catch (error) {
    const owner = ownerIn(db)
    db.close()
    if (!isBusy(error)) throw error
    throw new KecError(
      'KEC_JOURNAL_LOCKED',
      `Another kec (pid ${owner?.pid ?? 'unknown'} on ${owner?.host ?? 'an unknown host'}) has the journal ${journal} open.`,
      'Stop it first, or give this one a journal of its own (journal.dir).',
    )
  }
  return { release: () => db.close() }
}

function ownerIn(db: DatabaseSync): { pid?: unknown; host?: unknown } | undefined {
  try {
    return db.prepare('SELECT pid, host FROM owner').get()
  } catch {
    return undefined // it has not written its name yet
  }
}
