import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rig, until } from './fixture.ts'

async function watching(): Promise<Rig> {
  const rig = await Rig.make()
  rig.create('a')
  rig.start()
  await rig.caughtUp()
  return rig
}

test('a read of the watch that is not taken comes again, and the watch is closed meanwhile', async () => {
  await using rig = await watching()
  rig.kept.refusals = Number.POSITIVE_INFINITY
  rig.create('b')
  await until('several refusals', () => rig.kept.refused > 3)
  await until('the watch to be closed', () => rig.sandbox.watches.size === 0)
  assert.equal(rig.stream.connected, false)
  assert.match(rig.stream.failing ?? '', /no space left/)
  const { length } = rig.asked()
  rig.create('c')
  const { refused } = rig.kept
  await until('more refusals', () => rig.kept.refused > refused + 3)
  assert.equal(rig.asked().length, length, 'nothing is read that could not be kept')
  rig.kept.refusals = 0
  await rig.came('c')
  assert.deepEqual(rig.names, ['a', 'b', 'c'])
  assert.deepEqual([rig.stream.lists, rig.stream.failing], [1, undefined])
})

test('a page that is not taken comes again', async () => {
  for (const page of [0, 1, 2]) {
    await using rig = await Rig.make()
    const names = Array.from({ length: 1_001 }, (_, i) => `e${String(i).padStart(5, '0')}`)
    for (const name of names) rig.create(name)
    rig.kept.onSave = () => {
      if (rig.kept.reads.length === page) rig.kept.refusals = 2
    }
    if (page === 0) rig.kept.refusals = 2
    rig.start()
    await rig.caughtUp()
    assert.equal(rig.kept.refused, 2)
    assert.deepEqual(rig.names, names)
    // If it was the last page, the list is through once that is taken.
    assert.equal(rig.stream.lists, page === 2 ? 1 : 2)
    assert.equal(rig.stream.listed, true)
    assert.deepEqual(rig.gaps, [])
  }
})

test('a replaced history whose list is not taken at once is one new epoch, and an update in between is not lost', async () => {
  await using rig = await watching()
  await rig.stop()
  rig.sandbox.replaceHistory(1n)
  rig.create('b')
  rig.kept.refusals = 3
  rig.start()
  await until('the refusals', () => rig.kept.refusals === 0)
  rig.sandbox.store.update('b', { message: 'no count more' })
  await rig.came('b', 2)
  assert.equal(rig.stream.position.epoch, 2)
  assert.equal(rig.gaps.length, 1)
})

test('what is not taken at the end comes again at the next start: the ledger does not know of it', async () => {
  await using rig = await watching()
  rig.kept.refusals = Number.POSITIVE_INFINITY
  rig.create('b')
  await until('a refusal', () => rig.kept.refused > 0)
  await rig.stop()
  assert.deepEqual(rig.kept.snapshots, [])
  rig.kept.refusals = 0
  rig.start()
  await rig.came('b')
  await rig.stop()
  assert.deepEqual(rig.names, ['a', 'b'])
  assert.deepEqual(rig.kept.snapshots, ['*'])
})

test('what is taken in the last moment is stored, and the ledger with it', async () => {
  await using rig = await Rig.make()
  rig.create('a')
  rig.start({ timing: { backoff: [3600_000, 3600_000] } })
  await rig.caughtUp()
  rig.kept.refusals = 1
  rig.create('b')
  await until('the refusal', () => rig.kept.refused === 1)
  await rig.stop()
  assert.deepEqual(rig.names, ['a', 'b'])
  assert.deepEqual(rig.kept.snapshots, ['*'])
})

test('a ledger that cannot be stored harms nothing: the next start reads what was committed', async () => {
  await using rig = await Rig.make()
  // So many commits since the last one was stored make it be stored anew.
  for (let i = 0; i < 50_000; i++) rig.create(`e${i}`)
  let failed = 0
  rig.kept.saveLedger = () => {
    failed++
    throw new Error('no space left')
  }
  rig.start()
  await rig.caughtUp()
  assert.ok(failed > 0)
  assert.equal(rig.news.length, 50_000)
  await rig.stop()
  assert.ok(rig.warnings.every(text => text.includes('could not store the ledger')))
  rig.sandbox.store.update('e1', { count: 4 })
  rig.start()
  await rig.came('e1', 2)
  assert.equal(rig.news.at(-1)?.occurrences, 3)
  assert.deepEqual([rig.news.length, rig.stream.lists], [50_001, 0])
})

test('the ledger is stored when much was committed since, in this run or before', async () => {
  await using rig = await Rig.make()
  for (let i = 0; i < 49_999; i++) rig.create(`e${i}`)
  rig.start()
  await rig.caughtUp()
  await rig.kill()
  assert.deepEqual(rig.kept.snapshots, [])
  rig.start()
  rig.create('one-more')
  await until('the ledger to be stored', () => rig.kept.snapshots.length > 0)
  await rig.kill()
  rig.start()
  rig.sandbox.store.update('e1', { count: 4 })
  await rig.came('e1', 2)
  assert.equal(rig.news.at(-1)?.occurrences, 3)
})
