import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { test } from 'node:test'
import { decode, numberOf } from '../../test/events.ts'
import { folderWith } from '../../test/folder.ts'
import { KecError } from '../errors.ts'
import type { Journal, NewRecord } from './journal.ts'
import { openJournal } from './sqlite.ts'

/** KiB that a file may have in the child: there it fails to grow, as on a full disk. */
const limit = 8 * 1_024

/** A record that does not compress. */
function noise(n: number): NewRecord {
  const line = JSON.stringify({ reason: String(n), note: randomBytes(10_000).toString('base64') })
  return { event: decode(line), line: Buffer.from(line) }
}

function append(journal: Journal): void {
  const n = journal.head + 1
  journal.append({ stream: '', records: [noise(n)], position: n, ledger: '', counts: { added: 1 } })
}

function standing(journal: Journal): unknown {
  return [journal.head, journal.counts.added, journal.counts.journaled, journal.position(''), journal.state('log').get('k')]
}

/** Appends until it cannot: nothing has changed then, however often it is tried. */
function fill(file: string): void {
  const journal = openJournal({ file, decode })
  journal.join('log', 'now')
  const fails = (work: () => void) => {
    const before = standing(journal)
    assert.throws(work, error => error instanceof KecError && error.code === 'KEC_JOURNAL' && error.message.includes(file))
    assert.deepEqual(standing(journal), before)
  }
  let failed = false
  while (!failed) {
    try {
      append(journal)
      const counts = { skipped: 0, delivered: 1, expired: 0 }
      journal.acknowledge('log', { seq: journal.head, retry: [], counts, rejected: [], state: new Map([['k', journal.head]]) })
    } catch {
      failed = true
    }
  }
  for (let again = 0; again < 3; again += 1) fails(() => append(journal))
  assert.equal(journal.read(0, 1_000).events.length, journal.head)
  process.stdout.write(JSON.stringify(standing(journal)))
}

if (process.argv[2] === 'fill' && process.argv[3] !== undefined) fill(process.argv[3])
else
  test('a file that cannot grow: the write fails, nothing has changed, and it goes on when there is room', context => {
    const file = join(folderWith(context, {}), 'journal.db')
    const limited = ['-c', `ulimit -f ${limit * 2}; exec "$@"`, 'sh', process.execPath, import.meta.filename, 'fill', file] // blocks of 512 bytes
    const { status, stdout, stderr } = spawnSync('sh', limited, { encoding: 'utf8' })
    assert.equal(status, 0, stderr)
    const journal = openJournal({ file, decode })
    journal.join('log', 'now')
    assert.deepEqual(standing(journal), JSON.parse(stdout))
    assert.ok(journal.head > 10)
    append(journal)
    assert.deepEqual(
      journal.read(0, 10_000).events.map(numberOf),
      Array.from({ length: journal.head }, (_, index) => index + 1),
    )
    journal.close()
  })
