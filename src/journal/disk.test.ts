// A disk that is really full: a small tmpfs, where the system lets us mount one.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { decode, numberOf, record } from '../../test/events.ts'
import { KecError } from '../errors.ts'
import type { Journal } from './journal.ts'
import { openJournal } from './sqlite.ts'

const mebibyte = 1024 ** 2

/** A disk of so many MiB, gone after the test; undefined where we may not mount. */
function disk(context: TestContext, size: number): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'kec-test-'))
  context.after(() => {
    spawnSync('umount', ['-l', folder])
    rmdirSync(folder)
  })
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}m`, 'kec-test', folder])
  return status === 0 ? folder : undefined
}

const mayMount =
  process.getuid?.() === 0 &&
  spawnSync('sh', ['-c', 'd=$(mktemp -d) && mount -t tmpfs none "$d" && umount "$d"; s=$?; rmdir "$d"; exit $s']).status === 0
const skip = mayMount ? false : 'this user may not mount a tmpfs'

function append(journal: Journal, bytes = 20_000): void {
  const n = journal.head + 1
  const text = JSON.stringify({ ...JSON.parse(record(n).line.toString()), note: randomBytes(bytes).toString('latin1') })
  journal.append({ stream: '', records: [{ event: decode(text), line: Buffer.from(text) }], position: n, ledger: '', counts: { added: 1 } })
}

function take(journal: Journal): void {
  const { seq } = journal.cursor('log')
  const counts = { skipped: 0, delivered: journal.head - seq, expired: 0 }
  journal.acknowledge('log', { seq: journal.head, retry: [], counts, rejected: [], state: new Map() })
}

/** Works until the journal takes nothing more; however often it is tried, nothing has changed then. */
function fill(journal: Journal, work: () => void): void {
  for (;;) {
    const before = [journal.head, journal.cursor('log'), { ...journal.counts }]
    try {
      work()
    } catch (error) {
      assert.ok(error instanceof KecError && error.code === 'KEC_JOURNAL', String(error))
      assert.match(error.message, /full/)
      if (journal.head === before[0]) assert.deepEqual([journal.head, journal.cursor('log'), { ...journal.counts }], before)
      return
    }
  }
}

function isWhole(journal: Journal): void {
  const { oldest, head } = journal
  assert.deepEqual(
    journal.read(oldest - 1, 100_000).events.map(numberOf),
    Array.from({ length: head - oldest + 1 }, (_, index) => oldest + index),
  )
}

test('a full disk: what every sink has had makes room, and it goes on by itself', { skip }, context => {
  const folder = disk(context, 12) ?? assert.fail('the disk cannot be mounted')
  const warnings: string[] = []
  const options = { file: join(folder, 'journal.db'), decode, fold: () => 'f', warn: (text: string) => void warnings.push(text) }
  const journal = openJournal(options)
  journal.join('log', 'now')
  // Three times what the disk holds, though nothing is old.
  while (journal.head < 1_500) {
    append(journal)
    take(journal)
  }
  assert.ok(journal.head - journal.oldest > 300, `of what fits, most is kept: ${journal.head - journal.oldest}`)
  assert.equal(warnings.length, 1, 'once a minute at most')
  assert.match(warnings[0] ?? '', /^the disk is full: \d+ events that every sink has had leave the journal/)
  isWhole(journal)
  journal.close()
  const again = openJournal(options)
  assert.equal(again.head, 1_500)
  isWhole(again)
  again.close()
})

test('a full disk and a sink that has had nothing: nothing is let go of; it goes on when there is room', { skip }, context => {
  const folder = disk(context, 12) ?? assert.fail('the disk cannot be mounted')
  const ballast = join(folder, 'ballast')
  writeFileSync(ballast, Buffer.alloc(4 * mebibyte))
  const options = { file: join(folder, 'journal.db'), decode, fold: () => 'f' }
  const journal = openJournal(options)
  journal.join('log', 'now')
  fill(journal, () => append(journal))
  for (let again = 0; again < 3; again += 1) fill(journal, () => append(journal))
  assert.throws(() => journal.saveLedger('', randomBytes(2 * mebibyte)), { code: 'KEC_JOURNAL', message: /full/ })
  const { head } = journal
  assert.ok(head > 100, `${head}`)
  assert.equal(journal.oldest, 1)
  isWhole(journal)
  assert.ok(statfsSync(folder).bavail * statfsSync(folder).bsize > 0.25 * mebibyte, 'the log does not take the room that making room needs')
  // The sink can be acknowledged on the full disk; then there is room.
  take(journal)
  for (let n = 0; n < 10; n += 1) append(journal)
  assert.ok(journal.oldest > 1)
  fill(journal, () => append(journal))
  assert.equal(journal.oldest, head + 1, 'what the sink has not had stays')
  rmSync(ballast)
  for (let n = 0; n < 50; n += 1) append(journal)
  isWhole(journal)
  journal.close()
})

test('a full disk at the start: kec says so, and what is there stays', { skip }, context => {
  const folder = disk(context, 4) ?? assert.fail('the disk cannot be mounted')
  const file = join(folder, 'journal.db')
  const journal = openJournal({ file, decode })
  journal.join('log', 'now')
  append(journal)
  journal.close()
  const free = statfsSync(folder)
  writeFileSync(join(folder, 'ballast'), Buffer.alloc(free.bavail * free.bsize))
  assert.throws(
    () => {
      const full = openJournal({ file, decode })
      try {
        full.join('log', 'now')
        append(full)
      } finally {
        full.close()
      }
    },
    error => error instanceof KecError && error.code === 'KEC_JOURNAL' && /full|disk I\/O|no space/i.test(error.message),
  )
  rmSync(join(folder, 'ballast'))
  const again = openJournal({ file, decode })
  assert.deepEqual(again.read(0, 10).events.map(numberOf), [1])
  again.close()
})
