import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { test } from 'node:test'
import { decode, numberOf, record } from '../../test/events.ts'
import { folderWith } from '../../test/folder.ts'
import type { Acknowledgement, Commit, Journal, NewRecord } from './journal.ts'
import type { Fold } from './retention.ts'
import { openJournal } from './sqlite.ts'

const mebibyte = 1024 ** 2
const fold: Fold = (events, ledger) => [...events.map(event => `e${numberOf(event)}`), ...(ledger === '' ? [] : [ledger])].join(' ')

/** An event that does not compress. */
function noise(n: number, bytes: number): NewRecord {
  const { line } = record(n)
  const raw = { ...JSON.parse(line.toString()), note: randomBytes(bytes).toString('latin1') }
  const text = JSON.stringify(raw)
  return { event: decode(text), line: Buffer.from(text) }
}

function append(journal: Journal, records: readonly NewRecord[], more: Partial<Commit> = {}): void {
  journal.append({ stream: '', records, position: null, ledger: '', counts: { added: records.length }, ...more })
}

function acknowledge(journal: Journal, name: string, seq: number, more: Partial<Acknowledgement> = {}): void {
  const { seq: before, retry } = journal.cursor(name)
  const delivered = seq - before + retry.length - (more.retry?.length ?? 0) - (more.rejected?.length ?? 0)
  journal.acknowledge(name, { seq, retry: [], counts: { skipped: 0, delivered, expired: 0 }, rejected: [], state: new Map(), ...more })
}

function tail(journal: Journal, stream: string): string[] {
  return [...journal.ledgerTail(stream).commits].map(({ events, ledger }) => fold(events, ledger))
}

test('maxBytes: the oldest go, whoever has not had them, and a reader sees where the journal goes on', context => {
  const file = join(folderWith(context, {}), 'journal.db')
  const maxBytes = 16 * mebibyte // its log may have 1 MiB
  const journal = openJournal({ file, decode, maxBytes, fold })
  journal.join('slow', 'now')
  for (let n = 1; n <= 1_000; n += 1) {
    append(journal, [noise(n, 40_000)])
    // What is added after the look at the size: one row, its pages, and the pages of the small tables.
    assert.ok(journal.size.bytes < maxBytes + 0.5 * mebibyte, `${journal.size.bytes} bytes at ${n}`)
  }
  const { oldest, head } = journal
  assert.equal(head, 1_000)
  assert.ok(oldest > 700 && oldest < 960, `${oldest}`)
  const { first, events } = journal.read(0, 10_000)
  assert.equal(first, oldest)
  assert.deepEqual(
    events.map(numberOf),
    Array.from({ length: head - oldest + 1 }, (_, index) => oldest + index),
  )
  assert.deepEqual(
    journal.pick([1, oldest - 1, oldest]).map(({ seq }) => seq),
    [oldest],
  )
  assert.equal(journal.cursor('slow').seq, 0, 'only the reader finds out')
  journal.close()
  const again = openJournal({ file, decode, maxBytes, fold })
  assert.deepEqual([again.oldest, again.head], [oldest, head])
  again.close()
})

test('a row that no snapshot covers leaves its entries for the ledger, in their place', () => {
  const journal = openJournal({ file: ':memory:', decode, maxAge: -1, fold })
  journal.join('log', 'now')
  const filtered = (ledger: string) => append(journal, [], { stream: 'a', ledger })
  append(journal, [record(1), record(2)], { stream: 'a', ledger: 'l2' })
  filtered('f1')
  append(journal, [record(3)], { stream: 'a' })
  filtered('f2')
  append(journal, [record(4)], { stream: 'b', ledger: 'other' })
  const before = tail(journal, 'a')
  assert.deepEqual(before, ['e1 e2 l2', 'f1', 'e3', 'f2'])
  acknowledge(journal, 'log', 4)
  append(journal, [record(5)], { stream: 'b' })
  assert.equal(journal.oldest, 5)
  assert.deepEqual(tail(journal, 'a'), before)
  assert.deepEqual(tail(journal, 'b'), ['e4 other', 'e5'])
  journal.saveLedger('a', Buffer.from('all'))
  assert.deepEqual(tail(journal, 'a'), [])
})

test('a stream whose ledger is never stored does not hold the journal', () => {
  const journal = openJournal({ file: ':memory:', decode, maxAge: -1, fold })
  journal.join('log', 'now')
  append(journal, [record(1)], { stream: 'left the configuration' })
  for (let n = 2; n <= 20; n += 1) {
    append(journal, [record(n)], { stream: 'stays' })
    acknowledge(journal, 'log', n)
    journal.saveLedger('stays', new Uint8Array())
  }
  assert.ok(journal.oldest >= 19, `${journal.oldest}`)
  assert.deepEqual(tail(journal, 'left the configuration'), ['e1'])
})

test('dead letters outlive their rows; when they alone press, the oldest go, and count as expired', () => {
  const maxBytes = 4 * mebibyte
  const journal = openJournal({ file: ':memory:', decode, maxBytes, fold })
  journal.join('log', 'now')
  const reject = (n: number) => {
    append(journal, [noise(n, 20_000)])
    acknowledge(journal, 'log', n, { rejected: [{ seq: n, reason: 'no', attempts: 1 }] })
    const { counts, dead } = journal.cursor('log')
    assert.equal(n, dead.lying + counts.expired)
  }
  for (let n = 1; n <= 60; n += 1) reject(n)
  assert.equal(journal.cursor('log').counts.expired, 0)
  for (let n = 61; n <= 600; n += 1) reject(n)
  assert.ok(journal.size.bytes < maxBytes + 0.5 * mebibyte)
  const { counts, dead } = journal.cursor('log')
  assert.ok(counts.expired > 400 && dead.lying > 40, `${counts.expired} expired, ${dead.lying} lie`)
  const letters = [...journal.deadLetters()]
  assert.deepEqual(
    letters.map(({ seq, event }) => [seq, numberOf(event)]),
    Array.from({ length: dead.lying }, (_, index) => [601 - dead.lying + index, 601 - dead.lying + index]),
  )
  assert.ok(journal.oldest < 600, 'they leave room for events')
})

test('what is rejected after its row has gone is expired, not dead', () => {
  const journal = openJournal({ file: ':memory:', decode, maxBytes: 1.5 * mebibyte, fold })
  journal.join('log', 'now')
  for (let n = 1; n <= 100; n += 1) append(journal, [noise(n, 20_000)])
  assert.ok(journal.oldest > 1)
  const rejected = [1, 100].map(seq => ({ seq, reason: 'no', attempts: 1 }))
  acknowledge(journal, 'log', 100, { rejected })
  const { counts, dead } = journal.cursor('log')
  assert.deepEqual([counts.delivered, counts.expired, dead.lying], [98, 1, 1])
})

test('a replay holds back what is old, but not what maxBytes presses out', () => {
  const aged = openJournal({ file: ':memory:', decode, maxAge: -1, fold })
  aged.join('log', 'now')
  for (let n = 1; n <= 3; n += 1) append(aged, [record(n)])
  assert.equal(aged.replay({ consumer: 'log', since: new Date(0), rules: null }), 3)
  acknowledge(aged, 'log', 3)
  append(aged, [record(4)])
  assert.equal(aged.oldest, 1)
  const [replay] = aged.replays('log')
  assert.deepEqual([replay?.next, replay?.last], [1, 3])
  const step = (next: number) =>
    acknowledge(aged, 'log', 3, {
      counts: { skipped: 0, delivered: 0, expired: 0 },
      replay: { id: replay?.id ?? 0, next, delivered: 1, rejected: 0 },
    })
  step(3)
  append(aged, [record(5)])
  assert.equal(aged.oldest, 3)
  step(4)
  assert.deepEqual(aged.replays(), [])
  append(aged, [record(6)])
  assert.equal(aged.oldest, 4)
  assert.deepEqual(aged.cursor('log').replayed, { delivered: 2, rejected: 0 })

  const pressed = openJournal({ file: ':memory:', decode, maxBytes: 1.5 * mebibyte, fold })
  pressed.join('log', 'now')
  append(pressed, [noise(1, 20_000)])
  pressed.replay({ consumer: 'log', since: new Date(0), rules: null })
  for (let n = 2; n <= 100; n += 1) append(pressed, [noise(n, 20_000)])
  assert.ok(pressed.oldest > 1)
})

test('what was stored since a time; hours that maxBytes holds', () => {
  const journal = openJournal({ file: ':memory:', decode })
  journal.join('log', 'now')
  assert.equal(journal.size.hours, undefined)
  for (let n = 1; n <= 100; n += 1) append(journal, [record(n)])
  assert.equal(journal.headAt(new Date(0)), 0)
  assert.equal(journal.headAt(new Date(Date.now() + 60_000)), 100)
  const { hours = 0, bytes, maxBytes } = journal.size
  // In its first minute a journal counts as one minute old: its bytes came in 1/60 h.
  assert.ok(Math.abs(hours - maxBytes / bytes / 60) < 0.01, `${hours}`)
})

test('a sink that rejects a whole backlog, while nothing comes in: its dead letters are bounded', () => {
  const journal = openJournal({ file: ':memory:', decode, maxBytes: 4 * mebibyte, fold })
  journal.join('log', 'now')
  for (let n = 1; n <= 110; n += 1) append(journal, [noise(n, 20_000)])
  assert.equal(journal.oldest, 1)
  for (let n = 10; n <= 110; n += 10)
    acknowledge(journal, 'log', n, {
      rejected: Array.from({ length: 10 }, (_, index) => ({ seq: n - index, reason: 'no', attempts: 1 })).reverse(),
    })
  const { counts, dead } = journal.cursor('log')
  assert.equal(counts.expired + dead.lying, 110)
  assert.ok(counts.expired > 5 && dead.lying > 60, `${counts.expired} expired`)
})

test('maxBytes that was lowered is reached step by step: no append is slow', context => {
  const file = join(folderWith(context, {}), 'journal.db')
  const large = openJournal({ file, decode, fold })
  for (let n = 1; n <= 200; n += 1) append(large, [noise(n, 40_000)])
  large.close()
  const journal = openJournal({ file, decode, maxBytes: 3 * mebibyte, fold })
  append(journal, [noise(201, 40_000)])
  assert.ok(journal.oldest > 1 && journal.oldest < 40, `${journal.oldest}`)
  for (let n = 202; n <= 220; n += 1) append(journal, [noise(n, 40_000)])
  assert.ok(journal.size.bytes < 3.5 * mebibyte)
  journal.close()
})

test('a reason is bounded, and is text that can be stored', () => {
  const journal = openJournal({ file: ':memory:', decode })
  journal.join('log', 'now')
  append(journal, [record(1)])
  acknowledge(journal, 'log', 1, { rejected: [{ seq: 1, reason: `\ud800${'x'.repeat(5_000)}`, attempts: 1 }] })
  assert.deepEqual(
    [...journal.deadLetters()].map(({ reason }) => reason),
    [`\ufffd${'x'.repeat(999)}`],
  )
})

test('a removed sink is forgotten with all that it had, and that is said', context => {
  const file = join(folderWith(context, {}), 'journal.db')
  const first = openJournal({ file, decode, fold })
  for (const name of ['removed', 'stays']) first.join(name, 'now')
  append(first, [record(1)])
  for (const name of ['removed', 'stays']) {
    acknowledge(first, name, 1, { rejected: [{ seq: 1, reason: 'no', attempts: 1 }], state: new Map([['k', 1]]) })
    first.replay({ consumer: name, since: new Date(0), rules: null })
  }
  first.close()
  const warnings: string[] = []
  const journal = openJournal({ file, decode, maxAge: -1, fold, warn: text => void warnings.push(text) })
  journal.join('stays', 'now')
  append(journal, [record(2)])
  assert.deepEqual(
    [...journal.deadLetters()].map(({ consumer }) => consumer),
    ['stays'],
  )
  assert.deepEqual(
    journal.replays().map(({ consumer }) => consumer),
    ['stays'],
  )
  assert.match(warnings.join(), /^the journal keeps no place any longer for these sinks.*: removed$/)
  assert.throws(() => journal.redrive('removed', 'all'), { code: 'KEC_JOURNAL', message: /knows no sink removed/ })
  journal.close()
  const again = openJournal({ file, decode, fold })
  assert.equal(again.join('removed', 'now').joined, 2)
  assert.deepEqual([...again.state('removed')], [])
  assert.equal([...again.deadLetters()].length, 1)
  assert.equal(again.replays().length, 1)
  again.close()
})

test('the dead letters of a sink that is forgotten take no room from others', context => {
  const file = join(folderWith(context, {}), 'journal.db')
  const options = { file, decode, maxBytes: 4 * mebibyte, fold }
  const rejected = Array.from({ length: 40 }, (_, index) => ({ seq: index + 1, reason: 'no', attempts: 1 }))
  const first = openJournal(options)
  for (const name of ['removed', 'stays']) first.join(name, 'now')
  for (let n = 1; n <= 40; n += 1) append(first, [noise(n, 28_000)])
  acknowledge(first, 'removed', 40, { rejected })
  assert.equal(first.cursor('removed').dead.lying, 40)
  first.close()
  const journal = openJournal({ ...options, maxAge: -1 })
  journal.join('stays', 'now')
  append(journal, [record(41)])
  acknowledge(journal, 'stays', 40, { rejected })
  const { counts, dead } = journal.cursor('stays')
  assert.deepEqual([counts.expired, dead.lying], [0, 40])
  journal.close()
})
