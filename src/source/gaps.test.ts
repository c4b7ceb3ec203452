import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ofEvents, Rig, until, watches } from './fixture.ts'

/** A watch has brought an event (`held`: it is still there), and history has moved on since and is forgotten. */
async function expired(held: boolean): Promise<Rig & AsyncDisposable & { before: number }> {
  const rig = await Rig.make()
  rig.start()
  await rig.caughtUp()
  const before = Date.now()
  rig.create('a')
  await rig.came('a')
  if (!held) {
    rig.sandbox.store.delete('a')
    await rig.caughtUp()
  }
  await rig.expire()
  return Object.assign(rig, { before })
}

test('a watch that lived to its end leaves no gap, though its position has expired', async () => {
  // With an event held, the check before the watch is answered 410; with none, the watch is.
  for (const held of [true, false]) {
    await using rig = await expired(held)
    for (const watch of rig.sandbox.watches) watch.end()
    await until('a list', () => rig.stream.lists === 2 && rig.stream.watches >= 2)
    await rig.caughtUp()
    assert.deepEqual(rig.stream.relists, { expired: 1 })
    assert.deepEqual(rig.gaps, [])
  }
})

test('a watch that was cut leaves a gap, from its last byte to the first page of the list', async () => {
  for (const held of [true, false]) {
    await using rig = await expired(held)
    const lastByte = Date.now()
    const delayed = rig.sandbox.faults.inject({ kind: 'delay', ms: 100 }, { when: ({ query }) => query.get('limit') === '500' })
    // Later than the last byte by the clock too.
    await until('the clock to go on', () => Date.now() > lastByte + 1)
    const cut = Date.now()
    rig.cut()
    await until('the list to be asked for', () => delayed.struck === 1)
    const asked = Date.now()
    await until('the list', () => rig.stream.lists === 2 && rig.gaps.length > 0)
    const [gap, ...more] = rig.gaps
    assert.deepEqual(more, [])
    assert.equal(gap?.cause, 'expired')
    const [from = 0, to = 0] = [gap?.from.getTime(), gap?.to.getTime()]
    assert.ok(rig.before <= from && from <= lastByte && from < cut, 'it begins with the last byte')
    assert.ok(asked <= to, 'it ends with the first page')
    assert.ok(rig.warnings.some(text => text.includes('unseen')))
  }
})

test('what goes wrong between the end of a watch and the list makes a gap', async () => {
  await using rig = await expired(true)
  rig.sandbox.faults.inject({ kind: 'answer', code: 503 }, ofEvents)
  for (const watch of rig.sandbox.watches) watch.end()
  await until('a list', () => rig.stream.lists === 2 && rig.stream.watches === 2)
  assert.equal(rig.gaps.length, 1)
})

test('a list that had to begin again makes a gap', async () => {
  await using rig = await Rig.make()
  for (let i = 0; i < 501; i++) rig.create(`e${i}`)
  rig.start()
  await rig.caughtUp()
  rig.create('last')
  await rig.came('last')
  await rig.expire()
  rig.sandbox.faults.inject({ kind: 'answer', code: 410 }, { when: ({ query }) => query.has('continue') })
  for (const watch of rig.sandbox.watches) watch.end()
  await until('another list', () => rig.stream.lists === 3 && rig.stream.watches === 2)
  assert.equal(rig.gaps.length, 1)
})

test('a watch that ended well does not vouch for the next one', async () => {
  await using rig = await Rig.make()
  rig.start()
  await rig.caughtUp()
  rig.create('a')
  await rig.came('a')
  rig.sandbox.faults.inject({ kind: 'error', code: 410, after: 1 }, watches)
  for (const watch of rig.sandbox.watches) watch.end()
  await until('the next watch', () => rig.stream.watches === 2)
  rig.create('b')
  await until('a list', () => rig.stream.lists === 2 && rig.stream.watches === 3)
  assert.equal(rig.gaps.length, 1)
})

test('a silent watch that is given up makes a gap, whatever was before it', async () => {
  await using rig = await Rig.make({ revision: 100n })
  rig.start({ timing: { silence: 10 } })
  await rig.caughtUp()
  rig.create('a')
  await rig.came('a')
  for (const watch of rig.sandbox.watches) watch.end()
  await until('the next watch', () => rig.stream.watches === 2)
  await rig.caughtUp()
  rig.sandbox.replaceHistory(1n)
  rig.create('b')
  await rig.came('b')
  assert.deepEqual(
    rig.gaps.map(({ cause }) => cause),
    ['replaced'],
  )
})

test('a replaced history makes a gap though the watch lived to its end', async () => {
  await using rig = await Rig.make({ revision: 100n })
  rig.start()
  await rig.caughtUp()
  rig.create('a')
  await rig.came('a')
  rig.sandbox.replaceHistory(1n)
  rig.create('b')
  for (const watch of rig.sandbox.watches) watch.end()
  await rig.came('b')
  assert.deepEqual(
    rig.gaps.map(({ cause }) => cause),
    ['replaced'],
  )
})

test('what happens between a list and a watch that comes too late for it makes a gap', async () => {
  await using rig = await expired(true)
  rig.kept.onSave = ({ counts }) => {
    if (counts.listed === 0) return
    rig.kept.onSave = () => undefined
    void rig.expire()
  }
  for (const watch of rig.sandbox.watches) watch.end()
  await until('another list', () => rig.stream.lists === 3 && rig.stream.watches >= 3)
  assert.equal(rig.gaps.length, 1)
})

test('the end of a quiet watch is stored: until then nothing was missed', async () => {
  await using rig = await Rig.make()
  rig.create('a')
  rig.start({ timing: { watchSeconds: [1, 1] } })
  await rig.caughtUp()
  const { seen } = rig.kept.position('*') ?? assert.fail()
  await until('the end of the watch', () => rig.stream.watches === 2)
  const after = rig.kept.position('*') ?? assert.fail()
  assert.ok(after.seen > seen)
  assert.equal(rig.stream.failing, undefined)
})

test('after a restart, a gap begins where the last run saw something last', async () => {
  await using rig = await expired(true)
  const { seen } = rig.stream.position
  await rig.stop()
  rig.start()
  await rig.caughtUp()
  assert.deepEqual(
    rig.gaps.map(({ from, cause }) => [from.getTime(), cause]),
    [[seen, 'expired']],
  )
})

test('an error that ends a watch at once is not taken for its last byte', async () => {
  await using rig = await expired(false)
  rig.sandbox.faults.inject({ kind: 'error', code: 500 }, watches)
  const { seen } = rig.stream.position
  rig.cut()
  await until('a list', () => rig.gaps.length === 1)
  assert.equal(rig.gaps[0]?.from.getTime(), seen)
})
