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
  /** Bytes that are held: of the heap, and outside of it. */
  readonly used: readonly number[]
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
  const used: number[] = []
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
    const memory = process.memoryUsage()
    used.push(memory.heapUsed + memory.external)
    rss.push(memory.rss)
  }
  return { used, rss, pending: down.status.pending, taken }
}

const [, , what, file] = process.argv
if (what === 'measure' && file !== undefined) {
  console.log(JSON.stringify(await measure(file)))
  process.exit()
}

test('memory grows by less than 20 MB from 50,000 to 200,000 events that are pending for a sink that is down', { timeout: 180_000 }, t => {
  const args = ['--max-semi-space-size=8', import.meta.filename, 'measure', join(folderWith(t, {}), 'journal.db')]
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  const { used, rss, pending, taken } = JSON.parse(stdout) as Figures // measure() made it
  const inMegabytes = (figures: readonly number[]) => figures.map(bytes => (bytes / 1e6).toFixed(1)).join(' and ')
  t.diagnostic(`at 50,000 and 200,000 pending: ${inMegabytes(used)} MB held, RSS ${inMegabytes(rss)} MB`)
  // Not RSS: what the allocator has not given back yet differs by 50 MB from run to run.
  const [first = 0, last = 0] = used
  assert.deepEqual([pending, taken], [200_000, 200_000])
  assert.ok(last - first < 20e6)
})
