import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { KecError } from '../errors.ts'
import { addRowSum, checkRows, damaged } from './row-sum.ts'
import { migrations, schema, version } from './schema.ts'

export const pageSize = 32_768
/** Milliseconds that someone who reads beside us may hold the file. */
export const patience = 5_000

/**
 * Checks what is in the file, makes a journal of an empty one, and carries an older one over. Closes it if it is something else. `walPages`:
 * how far the write-ahead log may grow before it is brought into the file.
 */
export function openDatabase(db: DatabaseSync, file: string, walPages: number): DatabaseSync {
  try {
    const { found, empty } = check(db, file)
    // Only a file without tables yet takes the page size.
    db.exec(
      `PRAGMA page_size = ${pageSize}; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = ${walPages}`,
    )
    // What a reader beside us made the log grow to is given back.
    db.exec(`PRAGMA journal_size_limit = ${walPages * pageSize}`)
    if (empty) db.exec(`BEGIN IMMEDIATE; ${schema}; PRAGMA user_version = ${version}; COMMIT`)
    else for (let from = found; from < version; from += 1) migrate(db, from)
  } catch (error) {
    db.close()
    throw error
  }
  return db
}

/**
 * Looks at what may be damaged, or not ours, without changing anything: a connection that may write brings the write-ahead log into the file,
 * or deletes it, even if it is closed at once.
 */
export function inspect(file: string): void {
  if (statSync(file).size === 0) {
    if ((statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0)
      throw damaged(file, 'it is empty, and its write-ahead log is not')
    return
  }
  const db = new DatabaseSync(file, { readOnly: true, timeout: patience })
  try {
    if (check(db, file).found === version) checkRows(db, file)
  } finally {
    db.close()
  }
}

/** Checks a file that is only to be read. Closes it if this kec cannot. */
export function checkReadable(db: DatabaseSync, file: string): DatabaseSync {
  try {
    const { found, empty } = check(db, file)
    if (empty) throw refusal(file, 'is empty')
    if (found < version) throw refusal(file, `was written by an older kec (its schema is ${found}), and is carried over by kec start`)
    checkRows(db, file)
  } catch (error) {
    db.close()
    throw error
  }
  return db
}

function check(db: DatabaseSync, file: string): { found: number; empty: boolean } {
  addRowSum(db)
  const found = Number(db.prepare('PRAGMA user_version').get()?.user_version)
  const empty = db.prepare('SELECT 1 FROM sqlite_schema').get() === undefined
  if (found === 0 && !empty) throw refusal(file, 'is a database, but no journal of kec')
  if (found > version) throw refusal(file, `was written by a newer kec (its schema is ${found}, this kec knows ${version})`)
  return { found, empty }
}

/** All of it or nothing: a kill in between leaves the older file. */
function migrate(db: DatabaseSync, from: number): void {
  db.exec('BEGIN IMMEDIATE')
  try {
    db.exec(`${migrations[from]}; PRAGMA user_version = ${from + 1}; COMMIT`)
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}

function refusal(file: string, what: string): KecError {
  return new KecError('KEC_JOURNAL', `${file} ${what}.`, 'Use a kec that knows it, or another folder (journal.dir). Nothing was changed.')
}
