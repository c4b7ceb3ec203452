// A journal that was truncated, or whose bits were flipped, while no kec ran: it is refused with an error that helps, and left as it is; or
// every event comes out of it or is reported as lost. What a power cut took away is taken away from events and position together.
import assert from 'node:assert/strict'
import { randomBytes, randomInt } from 'node:crypto'
import { copyFileSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { decode, numberOf } from '../../test/events.ts'
import { folderWith } from '../../test/folder.ts'
import { KecError } from '../errors.ts'
import type { Journal, NewRecord } from './journal.ts'
import { openJournal } from './sqlite.ts'

const total = 1_200

/** A record that does not compress, so that events fill pages. */
function noisy(n: number): NewRecord {
  const line = JSON.stringify({
    metadata: { uid: `e-${n}`, resourceVersion: String(n) },
    reason: String(n),
    note: randomBytes(150).toString('hex'),
  })
  return { event: decode(line), line: Buffer.from(line) }
}

/** Everything in it can be told from where it stands: position, counts, ledgers, cursors and state say the same number. */
function fill(journal: Journal, upTo: number): void {
  for (let from = journal.head + 1; from <= upTo; from += 20) {
    const last = from + 19
    const records = Array.from({ length: 20 }, (_, index) => noisy(from + index))
    const gap = from === 401 ? { from: new Date(1), to: new Date(2), cause: 'expired' } : undefined
    journal.append({ stream: '*', records, position: { last }, ledger: `ledger ${last}`, counts: { added: 20 }, gap })
    journal.append({ stream: '*', records: [], position: { last }, ledger: `again ${last}`, counts: { duplicates: 1 } })
    if (last === 600) journal.saveLedger('*', Buffer.from('snapshot of 600'))
    if (last % 40 !== 0) continue
    acknowledge(journal, 'quick', last)
    if (last <= 400) acknowledge(journal, 'slow', last)
  }
}

function acknowledge(journal: Journal, name: string, seq: number): void {
  const delivered = seq - journal.cursor(name).seq
  journal.acknowledge(name, {
    seq,
    retry: [],
    counts: { skipped: 0, delivered, expired: 0 },
    rejected: [],
    state: new Map([['sum', seq]]),
  })
}

const parts = ['', '-wal'] as const

/** The files of a journal: closed, or as a kill leaves them. */
function made(context: TestContext, killed: boolean): { readonly folder: string; readonly present: readonly string[] } {
  const folder = folderWith(context, {})
  const file = join(folder, 'journal.db')
  const journal = openJournal({ file, decode })
  for (const name of ['slow', 'quick']) journal.join(name, 'now')
  fill(journal, total / 2)
  const beside = new DatabaseSync(file)
  beside.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  beside.close()
  fill(journal, total)
  if (!killed) journal.close()
  const copy = folderWith(context, {})
  const present = parts.filter(part => existsSync(file + part))
  for (const part of present) copyFileSync(file + part, join(copy, `journal.db${part}`))
  if (killed) journal.close()
  return { folder: copy, present }
}

const bytesOf = (file: string) => parts.map(part => (existsSync(file + part) ? readFileSync(file + part).toString('latin1') : ''))

/** Reads everything as consumers do. Answers what came, and how many numbers were reported as gone. */
function drain(journal: Journal, name: string): { came: number[]; gone: number } {
  const came: number[] = []
  let { seq } = journal.join(name, 'beginning')
  let gone = 0
  while (seq < journal.head) {
    const { first, events } = journal.read(seq, 300)
    gone += first - seq - 1
    came.push(...events.map(numberOf))
    seq = first + events.length - 1
  }
  return { came, gone }
}

/** The whole of the file says one number: what is above it is as if it had never been, and the API server is asked for it again. */
function assertAgrees(journal: Journal): void {
  const { head } = journal
  assert.deepEqual(journal.position('*') ?? { last: 0 }, { last: head })
  assert.equal(journal.counts.added ?? 0, head)
  assert.ok(head % 20 === 0 && head <= total)
  assert.equal(journal.gaps.length, head > 400 ? 1 : 0)
  for (const name of ['slow', 'quick']) {
    const known = journal.cursor(name)
    assert.deepEqual([known.counts.delivered, journal.state(name).get('sum') ?? 0], [known.seq, known.seq])
    assert.ok(known.seq <= head)
    const { came, gone } = drain(journal, name)
    assert.equal(came.length + gone, head - known.seq)
    assert.deepEqual(
      came,
      [...new Set(came)].sort((a, b) => a - b),
      'in order, each once',
    )
    if (gone === 0)
      assert.deepEqual(
        came,
        Array.from({ length: head - known.seq }, (_, index) => known.seq + 1 + index),
      )
  }
  const { snapshot, commits } = journal.ledgerTail('*')
  assert.equal(snapshot && Buffer.from(snapshot).toString(), head > 600 || snapshot ? 'snapshot of 600' : undefined)
  assert.equal([...commits].flatMap(({ events }) => events).length, head - (snapshot ? 600 : 0))
}

/** Answers what became of it. `cut`: it goes on from an earlier commit; `new`: from none, as if it had been moved away. */
function judge(file: string): 'refused' | 'refused later' | 'whole' | 'cut' | 'new' {
  const before = bytesOf(file)
  const helps = (error: unknown) => {
    if (!(error instanceof KecError && error.code === 'KEC_JOURNAL')) throw error
    assert.ok(error.message.includes(file) && error.fix.includes('move'), `${error.message} ${error.fix}`)
  }
  let journal: Journal
  try {
    journal = openJournal({ file, decode })
  } catch (error) {
    helps(error)
    assert.deepEqual(bytesOf(file), before, 'a refusal changes nothing')
    return 'refused'
  }
  try {
    if (journal.head === 0 && journal.position('*') === undefined) return 'new'
    assertAgrees(journal)
    return journal.head === total ? 'whole' : 'cut'
  } catch (error) {
    helps(error)
    return 'refused later'
  } finally {
    journal.close()
  }
}

for (const killed of [false, true])
  test(`damage ${killed ? 'after a kill' : 'after a clean stop'}: refused and left as it is, or all is delivered or reported`, context => {
    const { folder, present } = made(context, killed)
    const outcomes: Record<string, number> = {}
    const anywhere = fc.noBias(fc.integer({ min: 0, max: 999_999 })).map(millionth => millionth / 1_000_000)
    const place = fc.record({ part: fc.constantFrom(...present), at: anywhere })
    const flip = fc.tuple(place, fc.integer({ min: 0, max: 7 })).map(([where, bit]) => ({ ...where, bit }))
    const damage = fc.oneof(
      { weight: 3, arbitrary: fc.record({ flips: fc.array(flip, { minLength: 1, maxLength: 3 }), cut: fc.constant(undefined) }) },
      { weight: 1, arbitrary: fc.record({ flips: fc.constant([]), cut: place }) },
    )
    fc.assert(
      fc.property(damage, ({ flips, cut }) => {
        const file = join(folderWith(context, {}), 'journal.db')
        for (const part of present) copyFileSync(join(folder, `journal.db${part}`), file + part)
        for (const { part, at, bit } of flips) {
          const bytes = readFileSync(file + part)
          const index = Math.floor(at * bytes.length)
          bytes[index] = (bytes[index] ?? 0) ^ (1 << bit)
          writeFileSync(file + part, bytes)
        }
        if (cut) truncateSync(file + cut.part, Math.floor(cut.at * readFileSync(file + cut.part).length))
        const outcome = judge(file)
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
      }),
      { numRuns: Number(process.env.KEC_TEST_RUNS ?? 60) },
    )
    context.diagnostic(JSON.stringify(outcomes))
  })

test('a bit that is flipped where positions, counts, cursors and state stand is never believed', context => {
  const { folder } = made(context, false)
  const bytes = readFileSync(join(folder, 'journal.db'))
  const file = join(folderWith(context, {}), 'journal.db')
  const outcomes: Record<string, number> = {}
  for (const text of ['{"last":1200}', 'journaled', 'slow', 'quick', 'expired', 'snapshot of 600', 'sum1200', 'sum400'])
    for (let found = bytes.indexOf(text); found >= 0; found = bytes.indexOf(text, found + 1))
      for (let at = found - 8; at < found + text.length + 24; at += 1 + randomInt(4)) {
        const damaged = Buffer.from(bytes)
        damaged[at] = (damaged[at] ?? 0) ^ (1 << randomInt(8))
        writeFileSync(file, damaged)
        rmSync(`${file}-wal`, { force: true })
        const outcome = judge(file)
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
      }
  context.diagnostic(JSON.stringify(outcomes))
  assert.ok((outcomes.refused ?? 0) > 100)
})
