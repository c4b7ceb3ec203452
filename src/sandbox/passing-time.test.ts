import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Client } from '../../test/contract/client.ts'
import { namesOf } from '../../test/contract/place.ts'
import { Stream } from '../../test/contract/stream.ts'
import { keepCompacting, keepExpiring } from './passing-time.ts'
import { startSandbox } from './sandbox.ts'
import { Store } from './store.ts'

const minute = 60_000

const events = () => new Store({ last: 0n })

const namesIn = (store: Store): string[] => Array.from(store.scan('', store.head), ({ key }) => key)

test('an event goes when it was not written for so long; an update lets it live on', t => {
  t.mock.timers.enable({ apis: ['setInterval', 'Date'] })
  const store = events()
  keepExpiring(store, 60 * minute)
  const first = store.create('a', { metadata: { name: 'a' } })
  store.create('b', { metadata: { name: 'b' } })
  t.mock.timers.tick(50 * minute)
  assert.deepEqual(namesIn(store), ['a', 'b'])
  store.update('a', first, { ...first, count: 2 })
  t.mock.timers.tick(10 * minute)
  // As at the API server, it may be a minute late.
  t.mock.timers.tick(minute)
  assert.deepEqual(namesIn(store), ['a'])
  t.mock.timers.tick(48 * minute)
  assert.deepEqual(namesIn(store), ['a'])
  t.mock.timers.tick(3 * minute)
  assert.deepEqual(namesIn(store), [])
  // One that comes again under the same name lives as long as any.
  store.create('a', { metadata: { name: 'a' } })
  t.mock.timers.tick(59 * minute)
  assert.deepEqual(namesIn(store), ['a'])
})

test('what is due at one time goes in one revision, and nothing due makes none', t => {
  t.mock.timers.enable({ apis: ['setInterval', 'Date'] })
  const store = events()
  keepExpiring(store, 10 * minute)
  for (const name of ['a', 'b', 'c']) store.create(name, { metadata: { name } })
  t.mock.timers.tick(9 * minute)
  assert.equal(store.head, 3n)
  t.mock.timers.tick(20 * minute)
  assert.deepEqual(
    store.changesAfter(3n).map(({ key, revision, object }) => [key, revision, object]),
    ['a', 'b', 'c'].map(key => [key, 4n, undefined]),
  )
  assert.equal(store.head, 4n)
})

test('history is kept for one period, and forgotten in the next: what it holds does not grow', t => {
  t.mock.timers.enable({ apis: ['setInterval', 'Date'] })
  const store = events()
  keepCompacting(
    () => store.head,
    revision => store.compact(revision),
    5 * minute,
  )
  let object = store.create('a', { metadata: { name: 'a' } })
  let most = 0
  for (let period = 0; period < 20; period++) {
    for (let i = 0; i < 10; i++) object = store.update('a', object, { ...object, count: period * 10 + i })
    const { head } = store
    most = Math.max(most, store.changesAfter(0n).length)
    t.mock.timers.tick(5 * minute)
    assert.equal(store.changesAfter(head - 10n).length, 10, 'what the last period changed is still there')
  }
  assert.equal(most, 21)
  assert.deepEqual(namesIn(store), ['a'])
})

test('a compaction never gives back what an earlier one forgot', () => {
  const store = events()
  for (const name of ['a', 'b', 'c']) store.create(name, { metadata: { name } })
  store.compact(3n)
  store.compact(1n)
  assert.equal(store.compacted, 3n)
})

test('in a sandbox: who watches sees events go, and pods stay', async t => {
  const sandbox = await startSandbox({ eventTtl: 50 })
  const client = new Client(sandbox)
  t.after(() => Promise.all([client.close(), sandbox.close()]))
  sandbox.add('pods', { name: 'web', namespace: 'default' })
  const stream = await Stream.open(client, `/api/v1/events?watch=1&resourceVersion=${sandbox.store.head}`)
  sandbox.store.create({ metadata: { name: 'a' } })
  const frames = await stream.take(2)
  assert.deepEqual(
    frames.map(({ type, object }) => [type, object.metadata.name]),
    [
      ['ADDED', 'a'],
      ['DELETED', 'a'],
    ],
  )
  assert.deepEqual(namesOf((await client.get('/api/v1/events')).body), [])
  assert.deepEqual(namesOf((await client.get('/api/v1/pods')).body), ['web'])
})

test('in a sandbox: old history is gone, and a watch from there is told so', async t => {
  const sandbox = await startSandbox({ compactEvery: 10 })
  const client = new Client(sandbox)
  t.after(() => Promise.all([client.close(), sandbox.close()]))
  const start = sandbox.store.create({ metadata: { name: 'a' } }).metadata.resourceVersion
  sandbox.store.update('a', { count: 2 })
  sandbox.store.update('a', { count: 3 })
  const exact = `/api/v1/events?resourceVersion=${start}&resourceVersionMatch=Exact`
  while ((await client.get(exact)).status === 200);
  assert.equal((await client.get(exact)).status, 410)
  const [frame] = await (await Stream.open(client, `/api/v1/events?watch=1&resourceVersion=${start}`)).rest()
  assert.deepEqual([frame?.type, frame?.object.code], ['ERROR', 410])
})
