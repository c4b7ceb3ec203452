import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { decode, numberOf, record } from '../../test/events.ts'
import type { Commit, Journal, Run } from './journal.ts'
import { openJournal } from './sqlite.ts'

const nothing = { skipped: 0, delivered: 0, expired: 0 }

function commit(from: number, count: number, more: Partial<Commit> = {}, pad = 0): Commit {
  const records = Array.from({ length: count }, (_, index) => record(from + index, pad))
  return { stream: '', records, position: { at: from + count - 1 }, ledger: '', counts: { added: count }, ...more }
}

function numbers(run: Run): number[] {
  return run.events.map(numberOf)
}

function folder(context: { after(work: () => void): void }): string {
  const made = mkdtempSync(join(tmpdir(), 'kec-journal-'))
  context.after(() => rmSync(made, { recursive: true, force: true }))
  return made
}

function acknowledge(journal: Journal, name: string, seq: number, delivered: number, retry: number[] = []): void {
  journal.acknowledge(name, { seq, retry, counts: { ...nothing, delivered }, rejected: [], state: new Map() })
}

for (const place of ['memory', 'file'] as const) {
  test(`what is appended is read, in order and without holes (${place})`, context => {
    const file = place === 'memory' ? ':memory:' : join(folder(context), 'journal.db')
    const journal = openJournal({ file, decode })
    journal.join('slow', 'now')
    let told = 0
    journal.onNews(() => (told += 1))
    // 6,000 events of 1 KB: most of them have left the memory.
    for (let n = 0; n < 6_000; n += 100) journal.append(commit(n + 1, 100, {}, 1_000))
    assert.equal(told, 60)
    assert.equal(journal.head, 6_000)
    assert.deepEqual(journal.counts, { added: 6_000, journaled: 6_000 })
    const read: number[] = []
    for (let after = 0; after < journal.head; after = read.length) {
      const run = journal.read(after, 333)
      assert.equal(run.first, after + 1)
      read.push(...numbers(run))
    }
    assert.deepEqual(
      read,
      Array.from({ length: 6_000 }, (_, index) => index + 1),
    )
    assert.deepEqual(numbers(journal.read(6_000, 10)), [])
    assert.deepEqual(
      journal.pick([1, 2, 5_999, 6_001]).map(({ seq, event }) => [seq, numberOf(event)]),
      [
        [1, 1],
        [2, 2],
        [5_999, 5_999],
      ],
    )
    journal.close()
  })
}

test('a large commit is read in pieces and stays one commit', () => {
  const journal = openJournal({ file: ':memory:', decode })
  journal.append(commit(1, 3_000, { ledger: 'L' }, 1_000))
  assert.deepEqual(numbers(journal.read(1_500, 3)), [1_501, 1_502, 1_503])
  const commits = [...journal.ledgerTail('').commits]
  assert.ok(commits.length > 5)
  assert.equal(commits.map(({ ledger }) => ledger).join('|'), `${'|'.repeat(commits.length - 1)}L`)
  assert.equal(commits.flatMap(({ events }) => events).length, 3_000)
})

test('everything is there again after it was closed', context => {
  const file = join(folder(context), 'deep', 'journal.db')
  const gap = { from: new Date(1_000), to: new Date(2_000), cause: 'history expired' }
  const first = openJournal({ file, decode })
  first.identify({ name: 'prod', uid: 'u-1' })
  first.join('log', 'now')
  first.append(commit(1, 5, { stream: 'a', ledger: 'one', counts: { added: 5, 'filtered:level': 2 }, gap }))
  first.append({ stream: 'b', records: [], position: 'p', ledger: 'two', counts: { duplicates: 3 } })
  const rejected = [{ seq: 3, reason: 'no', attempts: 2 }]
  first.acknowledge('log', {
    seq: 4,
    retry: [2],
    counts: { ...nothing, skipped: 1, delivered: 1 },
    rejected,
    state: new Map([['k', { a: 1 }]]),
  })
  first.close()

  const second = openJournal({ file, decode })
  assert.deepEqual(second.cluster, { name: 'prod', uid: 'u-1' })
  assert.equal(second.head, 5)
  assert.deepEqual(second.counts, { added: 5, 'filtered:level': 2, journaled: 5, duplicates: 3 })
  assert.deepEqual(second.gaps, [{ stream: 'a', ...gap }])
  assert.deepEqual([second.position('a'), second.position('b'), second.position('c')], [{ at: 5 }, 'p', undefined])
  assert.deepEqual([...second.ledgerTail('b').commits], [{ events: [], ledger: 'two' }])
  assert.deepEqual(second.join('log', 'now'), {
    joined: 0,
    seq: 4,
    retry: [2],
    counts: { skipped: 1, delivered: 1, discarded: 0, expired: 0 },
    dead: { lying: 1, redriven: 0 },
    replayed: { delivered: 0, rejected: 0 },
  })
  assert.deepEqual(
    [...second.deadLetters()].map(({ consumer, seq, reason, attempts, event }) => [consumer, seq, reason, attempts, numberOf(event)]),
    [['log', 3, 'no', 2, 3]],
  )
  assert.deepEqual([...second.state('log')], [['k', { a: 1 }]])
  assert.deepEqual(numbers(second.read(4, 10)), [5])
  second.close()
})

test('files are for their owner only', context => {
  const dir = folder(context)
  const journal = openJournal({ file: join(dir, 'made', 'journal.db'), decode })
  journal.append(commit(1, 1))
  assert.equal(statSync(join(dir, 'made')).mode & 0o777, 0o700)
  const files = readdirSync(join(dir, 'made'))
  assert.deepEqual(files.sort(), ['journal.db', 'journal.db-shm', 'journal.db-wal', 'journal.db.lock'])
  for (const name of files) assert.equal(statSync(join(dir, 'made', name)).mode & 0o777, 0o600, name)
  journal.close()
})

test('a consumer joins now or at the beginning', () => {
  const journal = openJournal({ file: ':memory:', decode })
  assert.equal(journal.join('first', 'beginning').seq, 0)
  journal.append(commit(1, 3))
  assert.equal(journal.join('now', 'now').joined, 3)
  assert.equal(journal.join('beginning', 'beginning').joined, 0)
})

test('an acknowledgement changes cursor and state together, and its books must balance', () => {
  const journal = openJournal({ file: ':memory:', decode })
  journal.join('log', 'now')
  journal.append(commit(1, 4))
  const counts = { ...nothing, delivered: 2 }
  const rejected = [{ seq: 4, reason: 'no', attempts: 1 }]
  journal.acknowledge('log', { seq: 4, retry: [3], counts, rejected, state: new Map([['a', 1]]) })
  assert.deepEqual([...journal.state('log')], [['a', 1]])
  const unbalanced = { seq: 4, retry: [], counts: nothing, rejected: [], state: new Map([['a', 2]]) }
  assert.throws(() => journal.acknowledge('log', unbalanced), { code: 'KEC_JOURNAL' })
  assert.deepEqual([...journal.state('log')], [['a', 1]])
  assert.deepEqual(journal.join('log', 'now').retry, [3])
  journal.acknowledge('log', { seq: 4, retry: [], counts: { ...nothing, delivered: 1 }, rejected: [], state: new Map([['a', undefined]]) })
  assert.deepEqual([...journal.state('log')], [])
})

test('the ledger starts from its snapshot and what came after, in order', () => {
  const journal = openJournal({ file: ':memory:', decode })
  const tail = () => {
    const { snapshot, commits } = journal.ledgerTail('a')
    return [snapshot && Buffer.from(snapshot).toString(), [...commits].map(({ events, ledger }) => [...events.map(numberOf), ledger])]
  }
  const filtered = (ledger: string): Commit => ({ stream: 'a', records: [], position: null, ledger, counts: {} })
  journal.append(filtered('f1'))
  journal.append(commit(1, 2, { stream: 'a', ledger: 'l1' }))
  journal.append(filtered('f2'))
  journal.append(filtered('f3'))
  journal.append(commit(3, 1, { stream: 'other', ledger: 'no' }))
  journal.append(commit(4, 1, { stream: 'a' }))
  assert.deepEqual(tail(), [undefined, [['f1'], [1, 2, 'l1'], ['f2'], ['f3'], [4, '']]])
  journal.saveLedger('a', Buffer.from('snapshot'))
  assert.deepEqual(tail(), ['snapshot', []])
  journal.append(filtered('f4'))
  journal.append(commit(5, 1, { stream: 'a', ledger: 'l5' }))
  assert.deepEqual(tail(), ['snapshot', [['f4'], [5, 'l5']]])
})

test('another cluster is refused by name', () => {
  const journal = openJournal({ file: ':memory:', decode })
  journal.identify({ name: 'prod', uid: 'u-1' })
  journal.identify({ name: 'production', uid: 'u-1' })
  assert.deepEqual(journal.cluster, { name: 'production', uid: 'u-1' })
  assert.throws(() => journal.identify({ name: 'test', uid: 'u-2' }), {
    code: 'KEC_JOURNAL_CLUSTER',
    message: /production \(u-1\).*test \(u-2\)/,
  })
})

test('a second kec is refused, naming the first; afterwards it may', context => {
  const file = join(folder(context), 'journal.db')
  const first = openJournal({ file, decode })
  const refused = { code: 'KEC_JOURNAL_LOCKED', message: new RegExp(`pid ${process.pid} on ${hostname()}`) }
  assert.throws(() => openJournal({ file, decode }), refused)
  first.append(commit(1, 1))
  assert.throws(() => openJournal({ file, decode }), refused)
  const beside = new DatabaseSync(file, { readOnly: true })
  assert.equal(beside.prepare('SELECT count(*) AS n FROM batches').get()?.n, 1)
  beside.close()
  first.close()
  openJournal({ file, decode }).close()
})

test('what is no journal of this kec is refused and left as it is', context => {
  const dir = folder(context)
  const newer = join(dir, 'newer.db')
  openJournal({ file: newer, decode }).close()
  const other = join(dir, 'other.db')
  for (const [file, sql] of [
    [newer, 'PRAGMA user_version = 7'],
    [other, 'CREATE TABLE mine (x)'],
  ] as const) {
    const db = new DatabaseSync(file)
    db.exec(sql)
    db.close()
  }
  const garbage = join(dir, 'garbage.db')
  writeFileSync(garbage, 'no database at all, and long enough to have had a header '.repeat(20))
  for (const [file, message] of [
    [newer, /newer kec .its schema is 7, this kec knows 2/],
    [other, /no journal of kec/],
    [garbage, /not a database/],
    [join(garbage, 'journal.db'), /ENOTDIR|EEXIST/],
  ] as const) {
    const before = file.startsWith(`${garbage}/`) ? undefined : statSync(file).mtimeMs
    for (const _twice of [1, 2]) assert.throws(() => openJournal({ file, decode }), { code: 'KEC_JOURNAL', message })
    if (before !== undefined) assert.equal(statSync(file).mtimeMs, before)
  }
})

test('a row that is gone from the middle is never passed over', context => {
  const file = join(folder(context), 'journal.db')
  const journal = openJournal({ file, decode })
  for (let n = 1; n <= 30; n += 10) journal.append(commit(n, 10))
  journal.close()
  const db = new DatabaseSync(file)
  db.exec('DELETE FROM batches WHERE last = 20')
  db.close()
  const again = openJournal({ file, decode })
  assert.deepEqual(numbers(again.read(5, 100)), [6, 7, 8, 9, 10])
  const { first, events } = again.read(10, 100)
  assert.deepEqual([first, events.length], [21, 10], 'the next read says where it goes on')
  again.close()
})

test('events go when they are old, every consumer is past them and a snapshot covers them', () => {
  const journal = openJournal({ file: ':memory:', decode, maxAge: -1 }) // everything is old at once
  journal.join('log', 'now')
  for (let n = 1; n <= 10; n += 1) journal.append(commit(n, 1))
  assert.equal(journal.read(0, 1).first, 1, 'nobody has passed them')
  acknowledge(journal, 'log', 8, 7, [6])
  journal.append(commit(11, 1))
  assert.equal(journal.read(0, 1).first, 1, 'no snapshot covers them')
  journal.saveLedger('', new Uint8Array())
  for (let n = 12; n <= 20; n += 1) journal.append(commit(n, 1))
  assert.equal(journal.read(0, 1).first, 6, '6 must come again')
  acknowledge(journal, 'log', 20, 13)
  for (let n = 21; n <= 30; n += 1) journal.append(commit(n, 1))
  assert.equal(journal.read(0, 1).first, 12, 'the snapshot covers the first 11')
  journal.saveLedger('', new Uint8Array())
  acknowledge(journal, 'log', 30, 10)
  for (let n = 31; n <= 40; n += 1) journal.append(commit(n, 1))
  const { first, events } = journal.read(0, 100)
  assert.deepEqual([first, events.length, journal.head], [31, 10, 40])
  assert.equal(journal.join('late', 'beginning').joined, 30)
})

test('an absent consumer holds the journal for maxAge, then its cursor goes', context => {
  const file = join(folder(context), 'journal.db')
  const first = openJournal({ file, decode })
  first.join('removed', 'now')
  first.append(commit(1, 1))
  first.saveLedger('', new Uint8Array())
  first.close()
  const held = openJournal({ file, decode })
  held.append(commit(2, 1))
  assert.equal(held.read(0, 1).first, 1)
  held.close()
  const later = openJournal({ file, decode, maxAge: -1 })
  later.append(commit(3, 1))
  assert.equal(later.read(0, 1).first, 2)
  assert.equal(later.join('removed', 'now').joined, 3)
  later.close()
})
