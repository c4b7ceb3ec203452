// What a backlog costs in memory: nothing, however long it is. Without a source: its ledger grows with the events that are alive. In a process
// of its own, with the heap that bin/kec.js has.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { makeEvents } from '../bench/events.ts'
import { begin } from '../src/delivery/fixture.ts'
import { takeOutGarbage } from '../src/source/memory.ts'
import { decode } from './events.ts'
import { folderWith } from './folder.ts'
import { openJournal } from './journal.ts'

interface Figures {
  readonly rss: readonly number[]
  readonly pending: number
  readonly taken: number
}

async function measure(file: string): Promise<Figures> {
  const journal = openJournal({ file, decode, fold: () => '' })
  const fails = () => {
    throw new Error('down')
  }
  const down = begin(journal, fails, { name: 'down' })
  let taken = 0
  const count = (batch: readonly unknown[]) => {
    taken += batch.length
  }
  const good = begin(journal, count, { name: 'good' })
  const events = makeEvents(200_000, 1)
  const rss: number[] = []
  for (const pending of [50_000, 200_000]) {
    while (journal.head < pending) {
      const records = Array.from({ length: 200 }, () => {
        const line = JSON.stringify(events.next().value)
        return { event: decode(line), line: Buffer.from(line) }
      })
      journal.append({ stream: '*', records, position: journal.head, ledger: '', counts: { added: records.length } })
      while (good.status.pending > 1_000) await turn()
    }
    while (good.status.pending > 0) await turn()
    takeOutGarbage()
    rss.push(process.memoryUsage.rss())
  }
  return { rss, pending: down.status.pending, taken }
}

const [, , what, file] = process.argv
if (what === 'measure' && file !== undefined) {
  console.log(JSON.stringify(await measure(file)))
  process.exit()
}

test('RSS grows by less than 20 MB from 50,000 to 200,000 events that are pending for a sink that is down', { timeout: 180_000 }, t => {
  const args = ['--max-semi-space-size=8', import.meta.filename, 'measure', join(folderWith(t, {}), 'journal.db')]
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  const { rss, pending, taken } = JSON.parse(stdout) as Figures // measure() made it
  const [first = 0, last = 0] = rss.map(bytes => bytes / 1e6)
  t.diagnostic(`RSS ${first.toFixed(1)} MB at 50,000 pending, ${last.toFixed(1)} MB at 200,000`)
  assert.deepEqual([pending, taken], [200_000, 200_000])
  assert.ok(last - first < 20)
})
