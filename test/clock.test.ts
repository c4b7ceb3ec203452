// The clock jumps: forward as after a long sleep of the machine, back as when it was wrong. Waits go by a clock that never jumps; times that are
// stored are only shown, and decide what is old enough to go.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { afterEach, mock, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { connectCluster } from '../src/cluster/connect.ts'
import { append, begin, stopAll, until } from '../src/delivery/fixture.ts'
import { startSandbox } from '../src/sandbox/sandbox.ts'
import { decode, numberOf } from './events.ts'
import { folderWith } from './folder.ts'
import { openJournal } from './journal.ts'
import { Run } from './run.ts'

const day = 24 * 60 * 60 * 1000
const now = Date.now()

afterEach(() => {
  stopAll()
  mock.timers.reset()
})

test('retention: a jump forward takes nothing that a sink has not had; a jump back keeps more, and loses nothing', () => {
  mock.timers.enable({ apis: ['Date'], now })
  const journal = openJournal({ file: ':memory:', decode, fold: () => '' })
  journal.join('slow', 'now')
  const acknowledge = (seq: number) => {
    const delivered = seq - journal.cursor('slow').seq
    journal.acknowledge('slow', { seq, retry: [], counts: { skipped: 0, delivered, expired: 0 }, rejected: [], state: new Map() })
  }
  for (let n = 1; n <= 10; n++) append(journal, n, n)
  acknowledge(5)
  mock.timers.setTime(now + 365 * day)
  for (let n = 11; n <= 20; n++) append(journal, n, n)
  assert.equal(journal.oldest, 6, 'what it has had is old now')
  mock.timers.setTime(now - 365 * day)
  for (let n = 21; n <= 30; n++) append(journal, n, n)
  assert.deepEqual(
    journal.read(5, 100).events.map(numberOf),
    Array.from({ length: 25 }, (_, index) => index + 6),
  )
  acknowledge(30)
  append(journal, 31, 31)
  assert.equal(journal.oldest, 6, 'nothing is old')
  mock.timers.setTime(now + 2 * 365 * day)
  for (let n = 32; n <= 50; n++) append(journal, n, n)
  assert.equal(journal.oldest, 31, 'the clock is right again, and more: what was kept goes')
})

test('linger and backoff: neither is cut short nor made long by a clock that jumps', async () => {
  mock.timers.enable({ apis: ['Date'], now })
  const journal = openJournal({ file: ':memory:', decode, fold: () => '' })
  const lingering = begin(journal, () => assert.fail('it was to wait for more'), { name: 'lingers', delivery: { linger: 1e9 } })
  const failing = begin(journal, () => assert.fail('down'), { name: 'fails', backoff: [1, 2] })
  const patient = begin(journal, () => assert.fail('down'), { name: 'waits', backoff: [1e9, 1e9] })
  append(journal, 1, 3)
  await until(() => failing.status.retries > 2 && patient.status.state === 'waiting' && lingering.status.state === 'lingering')
  for (const time of [now + 365 * day, now - 365 * day]) {
    mock.timers.setTime(time)
    const before = failing.status.retries
    await until(() => failing.status.retries > before + 2)
    append(journal, journal.head + 1, journal.head + 1)
    for (let i = 0; i < 20; i++) await turn()
    assert.deepEqual([lingering.status.state, patient.status.state, patient.status.retries], ['lingering', 'waiting', 0])
  }
})

for (const [which, jump] of [
  ['forward', 30 * day],
  ['back', -30 * day],
] as const)
  test(`source: the clock jumps ${which}: nothing is lost or repeated, and no gap is shorter than nothing`, async t => {
    const sandbox = await startSandbox()
    t.after(() => sandbox.close())
    const folder = folderWith(t, { kubeconfig: sandbox.kubeconfig })
    const cluster = await connectCluster({ kubeconfig: join(folder, 'kubeconfig') })
    t.after(() => cluster.close())
    const { store } = sandbox
    mock.timers.enable({ apis: ['Date'], now })
    const run = new Run(join(folder, 'journal.db'), cluster)
    t.after(() => run.stop())
    store.create({ metadata: { name: 'before' } })
    await run.settle(store.head)
    mock.timers.setTime(now + jump)
    store.create({ metadata: { name: 'after the jump' } })
    await run.settle(store.head)
    for (const watch of sandbox.watches) watch.cut()
    store.create({ metadata: { name: 'after a reconnect' } })
    await run.settle(store.head)
    mock.timers.setTime(now)
    for (const watch of sandbox.watches) watch.cut()
    store.create({ metadata: { name: 'forgotten' } })
    sandbox.compact()
    store.create({ metadata: { name: 'after the compaction' } })
    await run.settle(store.head)
    const { counts, gaps } = run.journal
    assert.equal(new Set(run.got).size, 5)
    assert.equal(run.got.length, 5)
    assert.equal(run.sum, 5)
    for (const { from, to } of gaps) assert.ok(from <= to, `${from.toISOString()} to ${to.toISOString()}`)
    assert.ok((counts.gap_milliseconds ?? 0) >= 0)
    t.diagnostic(`${gaps.length} gaps`)
  })
