import assert from 'node:assert/strict'
import { readFileSync, renameSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { decode, numberOf, record } from '../../test/events.ts'
import { folderWith } from '../../test/folder.ts'
import { openJournalReader } from './read-only.ts'
import { openJournal } from './sqlite.ts'

test('reads everything beside a running kec, each answer as it is committed then; nothing in the file changes', context => {
  const file = join(folderWith(context, {}), 'journal.db')
  const journal = openJournal({ file, decode })
  journal.identify({ name: 'prod', uid: 'u-1' })
  journal.join('log', 'now')
  const gap = { from: new Date(1_000), to: new Date(2_000), cause: 'history expired' }
  const append = (from: number, count: number) => {
    const records = Array.from({ length: count }, (_, index) => record(from + index))
    journal.append({ stream: 'a', records, position: { at: from }, ledger: `l${from}`, counts: { added: count }, gap })
  }
  append(1, 3)
  const before = readFileSync(file)
  const reader = openJournalReader({ file, decode })
  assert.deepEqual([reader.head, reader.oldest, reader.cluster], [3, 1, { name: 'prod', uid: 'u-1' }])
  append(4, 250)
  const rejected = [2, 3].map(seq => ({ seq, reason: `no ${seq}`, attempts: 4 }))
  const counts = { skipped: 1, delivered: 250, expired: 0 }
  journal.acknowledge('log', { seq: 253, retry: [], counts, rejected, state: new Map() })
  journal.redrive('log', [3])
  journal.replay({ consumer: 'log', since: new Date(0), rules: { reason: '1*' } })

  assert.deepEqual([reader.head, reader.counts], [253, { added: 253, journaled: 253 }])
  assert.deepEqual(
    reader.gaps,
    [gap, gap].map(one => ({ stream: 'a', ...one })),
  )
  assert.deepEqual([...reader.positions], [['a', { at: 4 }]])
  assert.deepEqual(
    reader.read(0, 1_000).events.map(numberOf),
    Array.from({ length: 253 }, (_, index) => index + 1),
  )
  const [log] = reader.consumers
  assert.deepEqual({ ...log, seen: undefined }, { name: 'log', seen: undefined, ...journal.cursor('log') })
  assert.ok(Math.abs(Date.now() - Number(log?.seen)) < 60_000)
  assert.deepEqual(
    [...reader.deadLetters({ consumer: 'log' })].map(({ seq, reason, attempts, redriven, event }) => [
      seq,
      reason,
      attempts,
      redriven,
      numberOf(event),
    ]),
    [
      [2, 'no 2', 4, false, 2],
      [3, 'no 3', 4, true, 3],
    ],
  )
  assert.deepEqual(
    [...reader.deadLetters({ seq: 3 })].map(({ seq }) => seq),
    [3],
  )
  assert.deepEqual(reader.replays(), journal.replays())
  assert.deepEqual(
    [...reader.ledgerTail('a').commits].map(({ ledger }) => ledger),
    ['l1', 'l4'],
  )
  assert.deepEqual([reader.headAt(new Date(0)), reader.headAt(new Date(Date.now() + 60_000))], [0, 253])
  assert.ok(reader.bytes > 0)
  reader.close()
  assert.deepEqual(readFileSync(file), before, 'what was committed is in the log beside it')
  append(254, 1)
  journal.close()
})

test('many dead letters are read in pages, while they change', context => {
  const file = join(folderWith(context, {}), 'journal.db')
  const journal = openJournal({ file, decode })
  for (const name of ['a', 'b']) journal.join(name, 'now')
  journal.append({
    stream: '',
    records: Array.from({ length: 250 }, (_, index) => record(index + 1)),
    position: null,
    ledger: '',
    counts: {},
  })
  const rejected = Array.from({ length: 250 }, (_, index) => ({ seq: index + 1, reason: 'no', attempts: 1 }))
  for (const name of ['a', 'b'])
    journal.acknowledge(name, { seq: 250, retry: [], counts: { skipped: 0, delivered: 0, expired: 0 }, rejected, state: new Map() })
  const reader = openJournalReader({ file, decode })
  const seen: string[] = []
  for (const { consumer, seq } of reader.deadLetters()) {
    seen.push(`${consumer}${seq}`)
    if (seq % 2 === 0) journal.discard(consumer, [seq])
  }
  assert.equal(seen.length, 500)
  assert.equal([...journal.deadLetters({ consumer: 'b' })].length, 125)
  reader.close()
  journal.close()
})

test('what is not there, or of another kec, is refused and not made', context => {
  const folder = folderWith(context, {})
  assert.throws(() => openJournalReader({ file: join(folder, 'none.db'), decode }), {
    code: 'KEC_JOURNAL',
    message: /There is no journal .*none\.db/,
  })
  const file = join(folder, 'journal.db')
  openJournal({ file, decode }).close()
  for (const [version, message] of [
    [7, /newer kec/],
    [1, /older kec .its schema is 1., and is carried over by kec start/],
  ] as const) {
    const db = new DatabaseSync(file)
    db.exec(`PRAGMA user_version = ${version}`)
    db.close()
    assert.throws(() => openJournalReader({ file, decode }), { code: 'KEC_JOURNAL', message })
  }
})

test('a file that is no longer in its place is told, also where nobody can look', context => {
  const file = join(folderWith(context, {}), 'journal.db')
  const journal = openJournal({ file, decode })
  const reader = openJournalReader({ file, decode })
  const inPlace = () => [journal.isInPlace, reader.isInPlace]
  assert.deepEqual(inPlace(), [true, true])
  renameSync(file, `${file}.moved`)
  assert.deepEqual(inPlace(), [false, false])
  symlinkSync(file, file) // leads to itself: the system refuses to follow it
  assert.deepEqual(inPlace(), [false, false])
  reader.close()
  journal.close()
})
