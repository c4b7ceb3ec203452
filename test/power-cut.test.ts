// A power cut takes away what was not yet on the disk: the end of the write-ahead log, at a frame or within one. Events, position, ledger, cursor
// and state go back together, and the API server is asked for the rest: every event is delivered at least once, and is counted exactly once.
import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { connectCluster } from '../src/cluster/connect.ts'
import type { Journal } from '../src/journal/journal.ts'
import { startSandbox } from '../src/sandbox/sandbox.ts'
import { folderWith } from './folder.ts'
import { Run } from './run.ts'

const rounds = 18
const header = 32
const frame = 24 + 32_768

/** Promise 4, with nothing pending. */
function assertBalanced(journal: Journal): void {
  const { added = 0, modified = 0, listed = 0, duplicates = 0, journaled = 0, 'filtered:drop': filtered = 0 } = journal.counts
  assert.equal(added + modified + listed, duplicates + filtered + journaled)
  assert.equal(journaled, journal.head)
  const { joined, counts } = journal.cursor('sink')
  assert.equal(journaled - joined, counts.delivered)
}

test('a power cut at any frame of the write-ahead log, and within it: all is delivered, the books balance', {
  timeout: 180_000,
}, async t => {
  const sandbox = await startSandbox()
  t.after(() => sandbox.close())
  const folder = folderWith(t, { kubeconfig: sandbox.kubeconfig })
  const cluster = await connectCluster({ kubeconfig: join(folder, 'kubeconfig') })
  t.after(() => cluster.close())
  const file = join(folder, 'journal.db')
  const { store } = sandbox

  const first = new Run(file, cluster)
  t.after(() => first.stop())
  let occurrences = 0
  for (let round = 1; round <= rounds; round++) {
    for (const reason of ['kept', 'dropped']) {
      store.create({ metadata: { name: `${reason}-${round}` }, reason, message: `${round}`, count: 1 })
      if (round > 2) store.update(`${reason}-${round - 2}`, { count: 3 })
    }
    occurrences += round > 2 ? 3 : 1
    await first.settle(store.head)
    if (round !== rounds / 3) continue
    const beside = new DatabaseSync(file)
    beside.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    beside.close()
  }
  const wal = readFileSync(`${file}-wal`)
  copyFileSync(file, `${file}.cut`)
  const all = new Set(first.got)
  assert.equal(all.size, rounds * 2 - 2)
  assert.equal(first.sum, occurrences)
  assertBalanced(first.journal)
  await first.stop()

  const frames = (wal.length - header) / frame
  assert.ok(Number.isInteger(frames) && frames > rounds)
  const heads = new Set<number>()
  for (let at = 0; at <= frames; at++)
    for (const bytes of [header + at * frame, header + at * frame + randomInt(1, frame)]) {
      const copy = join(folder, `${bytes}.db`)
      copyFileSync(`${file}.cut`, copy)
      writeFileSync(`${copy}-wal`, wal.subarray(0, bytes))
      const run = new Run(copy, cluster)
      t.after(() => run.stop())
      heads.add(run.journal.head)
      const { seq } = run.journal.cursor('sink')
      const had = run.journal.read(0, seq).events.map(({ id }) => id)
      await run.settle(store.head)
      assert.deepEqual(new Set([...had, ...run.got]), all, `cut after ${bytes} bytes`)
      assert.deepEqual(run.got, [...new Set(run.got)], 'nothing comes twice after it')
      assert.equal(run.sum, occurrences, 'what happened is counted once')
      assertBalanced(run.journal)
      await run.stop()
    }
  t.diagnostic(`${frames} frames, ${2 * frames + 2} cuts, ${heads.size} different heads`)
  assert.ok(heads.size > rounds / 2)
})
