// Bits of one row are flipped: everything else comes out of the journal, what is lost is counted and told, and the journal goes on.
import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { decode, numberOf, record } from '../../test/events.ts'
import { folderWith } from '../../test/folder.ts'
import { KecError } from '../errors.ts'
import type { Journal } from './journal.ts'
import { openJournal } from './sqlite.ts'

const nothing = { retry: [], counts: { skipped: 0, delivered: 0, expired: 0 }, rejected: [], state: new Map<string, undefined>() }
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)

function append(journal: Journal, count: number): void {
  const records = range(journal.head + 1, journal.head + count).map(n => record(n, 20))
  journal.append({ stream: '*', records, position: null, ledger: 'some', counts: {} })
}

/** Rows 1 to 20, 21 to 40, … 81 to 100; a sink that has had nothing. */
function filled(t: TestContext): string {
  const file = join(folderWith(t, {}), 'journal.db')
  const journal = openJournal({ file, decode })
  journal.join('sink', 'now')
  for (let row = 0; row < 5; row += 1) append(journal, 20)
  journal.close()
  return file
}

/** Flips one bit of what this statement selects, where it stands in the file. */
function flip(file: string, select: string, at = 1 / 2): void {
  const db = new DatabaseSync(file, { readOnly: true })
  const { bytes } = db.prepare(`SELECT ${select}`).get() as { bytes: Uint8Array }
  db.close()
  const all = readFileSync(file)
  const place = all.indexOf(bytes) + Math.floor(at * bytes.length)
  all[place] = (all[place] ?? 0) ^ (1 << randomInt(8))
  writeFileSync(file, all)
}

const recordsOf = (last: number) => `records AS bytes FROM batches WHERE last = ${last}`

function opened(t: TestContext, file: string, more: { maxBytes?: number; fold?: () => string } = {}) {
  const warnings: string[] = []
  const journal = openJournal({ file, decode, warn: message => warnings.push(message), ...more })
  t.after(() => journal.close())
  return { journal, warnings }
}

/** The numbers that come, and how many are said to be gone. */
function readAll(journal: Journal, limit: number): { came: number[]; gone: number } {
  const came: number[] = []
  let [seq, gone] = [0, 0]
  while (seq < journal.head) {
    const { first, events } = journal.read(seq, limit)
    gone += first - seq - 1
    for (const [i, event] of events.entries()) came.push(numberOf(event) === first + i ? first + i : Number.NaN)
    seq = first + events.length - 1
  }
  return { came, gone }
}

test('wherever the bit is: all others come under their numbers, the row is counted as gone, and told once', t => {
  let damaged = 0
  for (let round = 0; round < 30; round += 1) {
    const file = filled(t)
    const last = 20 * randomInt(1, 6)
    flip(file, recordsOf(last), round / 30)
    const { journal, warnings } = opened(t, file)
    for (const limit of [1, 7, 300]) {
      const { came, gone } = readAll(journal, limit)
      // A few bits of a frame's head mean nothing.
      const lost = journal.damaged === 0 ? [] : range(last - 19, last)
      assert.deepEqual(
        [...came, ...lost].sort((a, b) => a - b),
        range(1, 100),
      )
      assert.deepEqual([gone, journal.damaged, warnings.length], [lost.length, lost.length, lost.length / 20])
    }
    for (const warning of warnings) assert.ok(warning.includes(`its events ${last - 19} to ${last} cannot be read`), warning)
    append(journal, 20)
    assert.deepEqual(journal.read(100, 100).events.map(numberOf), range(101, 120))
    damaged += warnings.length
  }
  assert.ok(damaged > 20, `${damaged}`)
})

test('what was to come again, or to be put aside, is expired if its row is damaged', t => {
  const file = filled(t)
  const before = openJournal({ file, decode })
  before.acknowledge('sink', { ...nothing, seq: 40, retry: [5, 25], counts: { skipped: 0, delivered: 38, expired: 0 } })
  before.close()
  flip(file, recordsOf(40))
  flip(file, recordsOf(80))
  const { journal } = opened(t, file)
  journal.join('sink', 'now')
  assert.deepEqual(
    journal.pick([5, 25, 45]).map(({ seq, event }) => [seq, numberOf(event)]),
    [
      [5, 5],
      [45, 45],
    ],
  )
  const rejected = [65, 70, 85].map(seq => ({ seq, reason: 'no', attempts: 1 }))
  const { counts, dead } = journal.acknowledge('sink', {
    ...nothing,
    seq: 100,
    counts: { skipped: 0, delivered: 58, expired: 1 },
    rejected,
  })
  assert.deepEqual([counts.expired, dead.lying], [1 + 2, 1])
  assert.equal(journal.damaged, 40)
})

test('bytes that were wrong on their way from the disk, once, are no damage', t => {
  const file = filled(t)
  const whole = readFileSync(file)
  flip(file, recordsOf(40))
  const { journal, warnings } = opened(t, file)
  assert.equal(journal.headAt(new Date(0)), 0) // SQLite has the pages in memory from here on
  writeFileSync(file, whole)
  assert.deepEqual(readAll(journal, 300), { came: range(1, 100), gone: 0 })
  assert.deepEqual([journal.damaged, warnings], [0, []])
})

test('retention: a damaged row stays until a snapshot has what it told of the ledger; the journal goes on', t => {
  const file = filled(t)
  flip(file, recordsOf(20))
  const { journal } = opened(t, file, { maxBytes: 1, fold: () => '' })
  append(journal, 20)
  assert.equal(journal.oldest, 1)
  journal.saveLedger('*', Buffer.from('all'))
  append(journal, 20)
  assert.ok(journal.oldest > 40, `${journal.oldest}`)
})

test('a start that needs what is damaged is refused: a ledger with a hole would take known events for new ones', t => {
  for (const column of ['records', 'ledger']) {
    const file = filled(t)
    if (column === 'records') flip(file, recordsOf(60))
    else {
      const other = new DatabaseSync(file)
      other.exec("UPDATE batches SET ledger = CAST('nothing that zstd knows' AS BLOB) WHERE last = 60")
      other.close()
    }
    const { journal } = opened(t, file)
    assert.throws(
      () => [...journal.ledgerTail('*').commits],
      error => error instanceof KecError && /its event 60 cannot be read/.test(error.message) && error.fix.includes('move the file away'),
    )
    assert.deepEqual(readAll(journal, 300).gone, column === 'records' ? 20 : 0)
  }
})

test('a dead letter that is damaged is named, with the way out; and the way is open', t => {
  const file = filled(t)
  const before = openJournal({ file, decode })
  const rejected = [3, 4].map(seq => ({ seq, reason: 'no', attempts: 1 }))
  before.acknowledge('sink', { ...nothing, seq: 4, counts: { skipped: 0, delivered: 2, expired: 0 }, rejected })
  before.redrive('sink', [3])
  before.close()
  flip(file, 'record AS bytes FROM dead_letters WHERE seq = 3')
  const { journal } = opened(t, file)
  const named = (error: unknown) => error instanceof KecError && error.message.includes('kec dead-letters discard --sink sink 3')
  assert.throws(() => journal.redriven('sink', 0, 10), named)
  assert.throws(() => [...journal.deadLetters()].map(({ event }) => event), named)
  assert.deepEqual(
    [...journal.deadLetters()].map(({ seq }) => seq),
    [3, 4],
  )
  assert.equal(journal.discard('sink', [3]), 1)
  assert.deepEqual(
    [...journal.deadLetters()].map(({ event }) => numberOf(event)),
    [4],
  )
})
