import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rig } from './fixture.ts'

/** As many events as fill two pages and begin a third. */
function fill({ sandbox }: Rig, count = 1_001): readonly string[] {
  const names = Array.from({ length: count }, (_, i) => `e${String(i).padStart(5, '0')}`)
  for (const name of names) sandbox.store.create({ metadata: { name } })
  return names
}

test('a first list is pages of 500, and its position is stored with the last one only', async () => {
  await using rig = await Rig.make()
  const names = fill(rig)
  const { head } = rig.sandbox.store
  rig.start()
  await rig.caughtUp()
  assert.deepEqual(rig.asked(), ['list 500', 'continue 500', 'continue 500', 'watch'])
  assert.deepEqual(rig.names, names)
  assert.deepEqual(
    rig.kept.reads.map(({ position }) => position.version),
    ['', '', head],
  )
  assert.equal(rig.stream.listed, true)
  assert.deepEqual(
    rig.stream.position.held.map(({ name }) => name),
    names.slice(-16),
  )
  assert.deepEqual(rig.gaps, [])
})

test('the newest event is remembered as held, on whichever page it is', async () => {
  await using rig = await Rig.make()
  fill(rig)
  rig.sandbox.store.update('e00003', { message: 'the newest, on the first page' })
  rig.start()
  await rig.caughtUp()
  assert.equal(rig.stream.position.held.at(-1)?.name, 'e00003')
})

test('historical is what was there at the first page, whatever happens during the list', async () => {
  await using rig = await Rig.make()
  fill(rig)
  rig.kept.onSave = () => {
    rig.kept.onSave = () => undefined
    rig.create('late')
    rig.sandbox.store.update('e00000', { message: 'changed' })
  }
  rig.start()
  await rig.came('e00000', 2)
  assert.deepEqual(
    rig.news.filter(({ historical }) => !historical).map(({ name, change }) => `${name} ${change}`),
    ['late created', 'e00000 updated'],
  )
})

test('a kill between two pages loses and repeats nothing, and does not change what is historical', async () => {
  await using rig = await Rig.make()
  const names = fill(rig)
  const { promise: paged, resolve } = Promise.withResolvers<void>()
  rig.kept.onSave = () => {
    rig.kept.dead = true
    resolve()
  }
  rig.start()
  await paged
  await rig.kill()
  rig.kept.onSave = () => undefined
  assert.equal(rig.names.length, 500)
  rig.create('after-the-kill')
  rig.start()
  await rig.caughtUp()
  assert.deepEqual([...rig.names].sort(), ['after-the-kill', ...names])
  assert.deepEqual(
    rig.news.filter(({ historical }) => !historical).map(({ name }) => name),
    ['after-the-kill'],
  )
  assert.deepEqual(rig.gaps, [])
})

test('a list whose token expires begins again with larger pages, and never goes on inconsistently', async () => {
  await using rig = await Rig.make()
  const names = fill(rig, 4_001)
  let expired = 0
  rig.kept.onSave = () => {
    if (expired++ < 2) {
      // On a page that was read already: a list that goes on inconsistently would not show it, and neither would a watch from there.
      rig.create(`a${expired}`)
      void rig.expire()
    }
  }
  rig.start()
  await rig.caughtUp()
  const tokens = rig.sandbox.requests.map(({ query }) => Buffer.from(query.get('continue') ?? '', 'base64url').toString())
  assert.ok(!tokens.some(token => token.includes('"rv":-1')))
  assert.deepEqual(rig.asked(), ['list 500', 'continue 500', 'list 2000', 'continue 2000', 'list 10000', 'watch'])
  assert.deepEqual([...rig.names].sort(), ['a1', 'a2', ...names])
  assert.deepEqual(
    rig.news.filter(({ historical }) => !historical).map(({ name }) => name),
    ['a1', 'a2'],
  )
})

test('a list that was cut begins again', async () => {
  await using rig = await Rig.make()
  const names = fill(rig)
  rig.sandbox.faults.inject({ kind: 'truncate', bytes: 5_000 }, { when: ({ query }) => query.has('continue') })
  rig.start()
  await rig.caughtUp()
  assert.deepEqual(rig.names, names)
  assert.deepEqual(rig.asked(), ['list 500', 'continue 500', 'list 500', 'continue 500', 'continue 500', 'watch'])
})
