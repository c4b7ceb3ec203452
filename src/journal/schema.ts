import { closeSync, fchmodSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { KecError } from '../errors.ts'
import { addRowSum, checkRows, damaged, sumColumn } from './row-sum.ts'

export const pageSize = 32_768
/** Milliseconds that someone who reads beside us may hold the file. */
export const patience = 5_000

/** Written into the file; a file with a greater one was written by a newer kec. */
const version = 2

const batches = `
  -- A row is a piece of one commit: its lines, and with the last piece the ledger's entries. Both are zstd.
  CREATE TABLE batches (
    last INTEGER PRIMARY KEY,  -- the number of its newest event
    count INTEGER NOT NULL,
    time INTEGER NOT NULL,     -- milliseconds since 1970
    stream TEXT NOT NULL,
    records BLOB NOT NULL,
    ledger BLOB
  );
`

const sourceTables = `
  -- The ledger's entries of commits without records.
  CREATE TABLE unjournaled (
    id INTEGER PRIMARY KEY,
    stream TEXT NOT NULL,
    head INTEGER NOT NULL,     -- of the journal at that commit
    ledger BLOB NOT NULL,      -- zstd
    ${sumColumn('unjournaled')}
  );
  -- A stream's whole ledger as it was when the journal's head was this.
  CREATE TABLE ledgers (stream TEXT PRIMARY KEY, head INTEGER NOT NULL, snapshot BLOB NOT NULL, ${sumColumn('ledgers')});
  -- Small things that change with each commit, on one page: kind is cluster, count or position; values are JSON.
  CREATE TABLE facts (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    ${sumColumn('facts')},
    PRIMARY KEY (kind, name)
  ) WITHOUT ROWID;
  CREATE TABLE gaps (
    id INTEGER PRIMARY KEY,
    stream TEXT NOT NULL,
    start INTEGER NOT NULL,    -- milliseconds since 1970
    stop INTEGER NOT NULL,
    cause TEXT NOT NULL,
    ${sumColumn('gaps')}
  );
  CREATE TABLE state (
    consumer TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,       -- JSON
    ${sumColumn('state')},
    PRIMARY KEY (consumer, key)
  ) WITHOUT ROWID;
`

const consumerTables = `
  CREATE TABLE consumers (
    name TEXT PRIMARY KEY,
    joined INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    retry TEXT NOT NULL,       -- a JSON list of numbers
    skipped INTEGER NOT NULL,
    delivered INTEGER NOT NULL,
    dead INTEGER NOT NULL,     -- how many rows it has in dead_letters
    discarded INTEGER NOT NULL,
    expired INTEGER NOT NULL,
    replayed INTEGER NOT NULL,
    replay_rejected INTEGER NOT NULL,
    seen INTEGER NOT NULL,     -- when it last joined or acknowledged: milliseconds since 1970
    ${sumColumn('consumers')},
    CHECK (seq - joined = skipped + delivered + dead + discarded + expired + json_array_length(retry))
  );
  -- It has the event with it, and lives on when the batch is gone.
  CREATE TABLE dead_letters (
    id INTEGER PRIMARY KEY,    -- ascending as they are put aside
    consumer TEXT NOT NULL,
    seq INTEGER NOT NULL,
    reason TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    time INTEGER NOT NULL,     -- milliseconds since 1970
    redriven INTEGER NOT NULL, -- 1: it waits to be handed over again
    record BLOB NOT NULL,      -- its line, zstd
    ${sumColumn('dead_letters')},
    UNIQUE (consumer, seq)
  );
  CREATE INDEX redriven ON dead_letters (consumer, seq) WHERE redriven = 1;
  -- What an operator wants a consumer to get once more: the events from next to last.
  CREATE TABLE replays (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice: consumers know a replay by it
    consumer TEXT NOT NULL,
    next INTEGER NOT NULL,
    last INTEGER NOT NULL,
    rules TEXT NOT NULL,       -- JSON
    asked INTEGER NOT NULL,    -- milliseconds since 1970
    ${sumColumn('replays')}
  );
`

/** What schema 1 had with the same columns, without their checksum; and all that is made anew from it. */
const same = ['unjournaled', 'ledgers', 'facts', 'gaps', 'state']
const aside = ['consumers', ...same]

/** What carries a file over from the schema of this number to the next one. */
const migrations: Readonly<Record<number, string>> = {
  1: `
    ${aside.map(table => `ALTER TABLE ${table} RENAME TO ${table}_1`).join('; ')};
    ${sourceTables};
    ${consumerTables};
    INSERT INTO consumers SELECT name, joined, seq, retry, skipped, delivered, 0, rejected, 0, 0, 0, seen FROM consumers_1;
    ${same.map(table => `INSERT INTO ${table} SELECT * FROM ${table}_1`).join('; ')};
    ${aside.map(table => `DROP TABLE ${table}_1`).join('; ')};
  `,
}

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
    if (empty) db.exec(`BEGIN IMMEDIATE; ${batches}; ${sourceTables}; ${consumerTables}; PRAGMA user_version = ${version}; COMMIT`)
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
