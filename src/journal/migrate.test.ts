import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { decode, numberOf, record } from '../../test/events.ts'
import { folderWith } from '../../test/folder.ts'
import { pack, packText } from './pack.ts'
import { openJournal } from './sqlite.ts'

/** The tables as kec wrote them with schema 1. */
const schema1 = `
  CREATE TABLE batches (last INTEGER PRIMARY KEY, count INTEGER NOT NULL, time INTEGER NOT NULL, stream TEXT NOT NULL, records BLOB NOT NULL, ledger BLOB);
  CREATE TABLE unjournaled (id INTEGER PRIMARY KEY, stream TEXT NOT NULL, head INTEGER NOT NULL, ledger BLOB NOT NULL);
  CREATE TABLE ledgers (stream TEXT PRIMARY KEY, head INTEGER NOT NULL, snapshot BLOB NOT NULL);
  CREATE TABLE facts (kind TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (kind, name)) WITHOUT ROWID;
  CREATE TABLE gaps (id INTEGER PRIMARY KEY, stream TEXT NOT NULL, start INTEGER NOT NULL, stop INTEGER NOT NULL, cause TEXT NOT NULL);
  CREATE TABLE consumers (
    name TEXT PRIMARY KEY, joined INTEGER NOT NULL, seq INTEGER NOT NULL, retry TEXT NOT NULL, skipped INTEGER NOT NULL,
    delivered INTEGER NOT NULL, rejected INTEGER NOT NULL, seen INTEGER NOT NULL,
    CHECK (seq - joined = skipped + delivered + rejected + json_array_length(retry)));
  CREATE TABLE state (consumer TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (consumer, key)) WITHOUT ROWID;
  PRAGMA user_version = 1;
`

/** A journal of schema 1 with seven events and a consumer that had most of them. */
function write(file: string): void {
  const db = new DatabaseSync(file)
  db.exec(`PRAGMA page_size = 32768; PRAGMA journal_mode = WAL; ${schema1}`)
  const records = Array.from({ length: 7 }, (_, index) => record(index + 1))
  const bytes = records.reduce((sum, { line }) => sum + line.length + 1, 0)
  db.prepare('INSERT INTO batches VALUES (7, 7, ?, ?, ?, ?)').run(Date.now(), 'a', pack({ records, bytes }), packText('entry'))
  db.exec(`INSERT INTO facts VALUES ('count', 'journaled', '7'), ('count', 'added', '7'), ('position', 'a', '{"at":7}'),
    ('cluster', '', '{"name":"prod","uid":"u-1"}')`)
  db.prepare('INSERT INTO consumers VALUES (?, 1, 6, ?, 1, 1, 2, ?)').run('log', '[5]', Date.now())
  db.exec(`INSERT INTO state VALUES ('log', 'k', '1')`)
  db.close()
}

test('a journal of schema 1 is carried over: nothing is lost, what was rejected counts as discarded', context => {
  const file = join(folderWith(context, {}), 'journal.db')
  write(file)
  for (const _twice of [1, 2]) {
    const journal = openJournal({ file, decode })
    assert.deepEqual(journal.cluster, { name: 'prod', uid: 'u-1' })
    assert.deepEqual(journal.counts, { added: 7, journaled: 7 })
    assert.deepEqual(journal.position('a'), { at: 7 })
    assert.deepEqual(journal.read(0, 10).events.map(numberOf), [1, 2, 3, 4, 5, 6, 7])
    assert.deepEqual([...journal.ledgerTail('a').commits].at(-1)?.ledger, 'entry')
    assert.deepEqual(journal.join('log', 'now'), {
      joined: 1,
      seq: 6,
      retry: [5],
      counts: { skipped: 1, delivered: 1, discarded: 2, expired: 0 },
      dead: { lying: 0, redriven: 0 },
      replayed: { delivered: 0, rejected: 0 },
    })
    assert.equal(journal.state('log').get('k'), 1)
    journal.close()
  }
})

test('what was carried over takes everything that a new one takes', context => {
  const file = join(folderWith(context, {}), 'journal.db')
  write(file)
  const journal = openJournal({ file, decode })
  journal.join('log', 'now')
  const rejected = [{ seq: 5, reason: 'no', attempts: 1 }]
  journal.acknowledge('log', { seq: 7, retry: [], counts: { skipped: 0, delivered: 1, expired: 0 }, rejected, state: new Map() })
  assert.deepEqual(
    [...journal.deadLetters()].map(({ seq, event }) => [seq, numberOf(event)]),
    [[5, 5]],
  )
  assert.equal(journal.redrive('log', 'all'), 1)
  journal.close()
})

test('one that cannot be carried over is left as it is', context => {
  const file = join(folderWith(context, {}), 'journal.db')
  write(file)
  const db = new DatabaseSync(file)
  db.exec('CREATE TABLE dead_letters (in_the_way)')
  db.close()
  for (const _twice of [1, 2])
    assert.throws(() => openJournal({ file, decode }), { code: 'KEC_JOURNAL', message: /dead_letters already exists/ })
  const after = new DatabaseSync(file)
  assert.equal(after.prepare('PRAGMA user_version').get()?.user_version, 1)
  assert.equal(after.prepare('SELECT rejected FROM consumers').get()?.rejected, 2)
  after.close()
})
