import { closeSync, fchmodSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { KecError } from '../errors.ts'

/** Written into the file; a file with a greater one was written by a newer kec. */
const version = 1

const tables = `
  -- A row is a piece of one commit: its lines, and with the last piece the ledger's entries. Both are zstd.
  CREATE TABLE batches (
    last INTEGER PRIMARY KEY,  -- the number of its newest event
    count INTEGER NOT NULL,
    time INTEGER NOT NULL,     -- milliseconds since 1970
    stream TEXT NOT NULL,
    records BLOB NOT NULL,
    ledger BLOB
  );
  -- The ledger's entries of commits without records.
  CREATE TABLE unjournaled (
    id INTEGER PRIMARY KEY,
    stream TEXT NOT NULL,
    head INTEGER NOT NULL,     -- of the journal at that commit
    ledger BLOB NOT NULL
  );
  -- A stream's whole ledger as it was when the journal's head was this.
  CREATE TABLE ledgers (stream TEXT PRIMARY KEY, head INTEGER NOT NULL, snapshot BLOB NOT NULL);
  -- Small things that change with each commit, on one page: kind is cluster, count or position; values are JSON.
  CREATE TABLE facts (kind TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (kind, name)) WITHOUT ROWID;
  CREATE TABLE gaps (id INTEGER PRIMARY KEY, stream TEXT NOT NULL, start INTEGER NOT NULL, stop INTEGER NOT NULL, cause TEXT NOT NULL);
  CREATE TABLE consumers (
    name TEXT PRIMARY KEY,
    joined INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    retry TEXT NOT NULL,       -- a JSON list of numbers
    skipped INTEGER NOT NULL,
    delivered INTEGER NOT NULL,
    rejected INTEGER NOT NULL,
    seen INTEGER NOT NULL,     -- when it last joined or acknowledged: milliseconds since 1970
    CHECK (seq - joined = skipped + delivered + rejected + json_array_length(retry))
  );
  CREATE TABLE state (consumer TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (consumer, key)) WITHOUT ROWID;
`

/** Only its owner may read it; SQLite gives the files beside it (-wal, -shm) the same mode. */
export function createPrivate(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const handle = openSync(file, 'a', 0o600)
  try {
    fchmodSync(handle, 0o600)
  } finally {
    closeSync(handle)
  }
}

/** Checks what is in the file, and makes a journal of an empty one. Closes it if it is something else. */
export function openDatabase(db: DatabaseSync, file: string): DatabaseSync {
  try {
    const found = Number(db.prepare('PRAGMA user_version').get()?.user_version)
    const empty = db.prepare('SELECT 1 FROM sqlite_schema').get() === undefined
    if (found === 0 && !empty) throw refusal(file, 'is a database, but no journal of kec')
    if (found > version) throw refusal(file, `was written by a newer kec (its schema is ${found}, this kec knows ${version})`)
    // Only a file without tables yet takes the page size.
    db.exec('PRAGMA page_size = 32768; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 2000')
    if (empty) db.exec(`BEGIN IMMEDIATE; ${tables}; PRAGMA user_version = ${version}; COMMIT`)
  } catch (error) {
    db.close()
    throw error
  }
  return db
}

function refusal(file: string, what: string): KecError {
  return new KecError('KEC_JOURNAL', `${file} ${what}.`, 'Use a kec that knows it, or another folder (journal.dir). Nothing was changed.')
}
