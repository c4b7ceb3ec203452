import { sumColumn } from './row-sum.ts'

/** Written into the file; a file with a greater one was written by a newer kec. */
export const version = 2

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

/** Makes all tables of an empty file. */
export const schema = `${batches}; ${sourceTables}; ${consumerTables}`

/** What schema 1 had with the same columns, without their checksum; and all that is made anew from it. */
const same = ['unjournaled', 'ledgers', 'facts', 'gaps', 'state']
const aside = ['consumers', ...same]

/** What carries a file over from the schema of this number to the next one. */
export const migrations: Readonly<Record<number, string>> = {
  1: `
    ${aside.map(table => `ALTER TABLE ${table} RENAME TO ${table}_1`).join('; ')};
    ${sourceTables};
    ${consumerTables};
    INSERT INTO consumers SELECT name, joined, seq, retry, skipped, delivered, 0, rejected, 0, 0, 0, seen FROM consumers_1;
    ${same.map(table => `INSERT INTO ${table} SELECT * FROM ${table}_1`).join('; ')};
    ${aside.map(table => `DROP TABLE ${table}_1`).join('; ')};
  `,
}
