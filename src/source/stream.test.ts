import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import { decodeRecord } from '../event.ts'
import { Rig, until } from './fixture.ts'

/** The only watch that is open. */
function openWatch({ sandbox }: Rig) {
  const [watch] = sandbox.watches
  return watch ?? assert.fail('no watch is open')
}

async function watching(options: Parameters<Rig['start']>[0] = {}, ...sandbox: Parameters<typeof Rig.make>): Promise<Rig> {
  const rig = await Rig.make(...sandbox)
  rig.create('a', { count: 2 })
  rig.start(options)
  await rig.caughtUp()
  return rig
}

test('bookmarks move the position', async () => {
  await using rig = await watching()
  rig.sandbox.add('namespaces', { name: 'moves-the-head' })
  openWatch(rig).bookmark()
  await until('the position to move', () => rig.kept.position('*')?.version === rig.sandbox.store.head)
  assert.deepEqual(rig.names, ['a'])
})

test('DELETED moves the position and is no news; the count goes on when the recorder creates the event anew', async () => {
  await using rig = await watching()
  rig.sandbox.store.delete('a')
  await until('the position to move', () => rig.kept.position('*')?.version === rig.sandbox.store.head)
  assert.deepEqual(rig.names, ['a'])
  assert.deepEqual(rig.stream.position.held, [])
  await rig.kill()
  rig.start()
  assert.equal(rig.stream.liveEvents, 0)
  rig.create('a', { count: 3 })
  await rig.came('a', 2)
  assert.equal(rig.news.at(-1)?.occurrences, 1)
})

test('an event that leaves the selector and comes back', async () => {
  await using rig = await Rig.make()
  const { store } = rig.sandbox
  store.create({ metadata: { name: 'a', labels: { app: 'web' } }, count: 2 })
  rig.start({ labelSelector: 'app=web' })
  await rig.caughtUp()
  store.update('a', { metadata: { labels: {} }, count: 3 })
  await until('the position to move', () => rig.kept.position('*')?.version === store.head)
  assert.deepEqual([rig.names, rig.stream.liveEvents], [['a'], 0])
  store.update('a', { metadata: { labels: { app: 'web' } }, count: 5 })
  await rig.came('a', 2)
  const { change, occurrences } = rig.news.at(-1) ?? assert.fail()
  assert.deepEqual([change, occurrences, rig.stream.liveEvents], ['updated', 3, 1])
})

test('with other selectors than before everything is listed, and nothing repeated', async () => {
  await using rig = await Rig.make()
  const { store } = rig.sandbox
  store.create({ metadata: { name: 'a', labels: { app: 'web' } } })
  store.create({ metadata: { name: 'b' } })
  rig.start({ labelSelector: 'app=web' })
  await rig.caughtUp()
  await rig.stop()
  rig.start()
  await rig.caughtUp()
  assert.deepEqual(rig.stream.relists, { selectors: 1 })
  await rig.stop()
  rig.start({ labelSelector: 'app=web' })
  await rig.caughtUp()
  assert.deepEqual(rig.stream.relists, { selectors: 1 })
  assert.deepEqual(rig.names, ['a', 'b'])
  await rig.stop()
  rig.start({ labelSelector: 'app=web' })
  await rig.caughtUp()
  assert.deepEqual([rig.stream.lists, rig.names], [0, ['a', 'b']])
})

test('a restart goes on from the position, and is ready at once', async () => {
  await using rig = await watching()
  await rig.stop()
  rig.create('b')
  const { length } = rig.asked()
  rig.start()
  assert.equal(rig.stream.listed, true)
  await rig.came('b')
  assert.deepEqual(rig.asked(length), ['exact', 'watch'])
  assert.deepEqual(rig.names, ['a', 'b'])
})

test('each included namespace is a stream; one that is added later has a first list of its own', async () => {
  await using rig = await Rig.make()
  const { sandbox } = rig
  for (const name of ['one', 'two', 'all', 'ignored']) sandbox.add('namespaces', { name })
  for (const namespace of ['one', 'two', 'all', 'ignored']) sandbox.store.create({ metadata: { name: `in-${namespace}`, namespace } })
  rig.start({ include: ['one', 'all'] })
  await until('both streams', () => rig.source.streams.every(stream => stream.connected))
  assert.deepEqual([...rig.names].sort(), ['in-all', 'in-one'])
  await rig.stop()
  sandbox.store.create({ metadata: { name: 'second', namespace: 'one' } })
  rig.start({ include: ['one', 'two', 'all'] })
  await rig.came('second')
  await rig.came('in-two')
  const lists = rig.source.streams.map(({ name, lists }) => [name, lists])
  assert.deepEqual(lists, [
    ['one', 0],
    ['two', 1],
    ['all', 0],
  ])
  const facts = rig.news.map(({ name, historical }) => `${name} ${historical}`).sort()
  assert.deepEqual(facts, ['in-all true', 'in-one true', 'in-two true', 'second false'])
  assert.ok(!sandbox.requests.some(({ path }) => path.endsWith('v1/events')))
  await rig.stop()
  // The stream of all namespaces is another one than that of the namespace `all`.
  rig.start()
  await rig.came('in-ignored')
})

test('objects without uid or version are skipped and counted', async () => {
  await using rig = await watching()
  const watch = openWatch(rig)
  const version = String(BigInt(rig.sandbox.store.head) + 10n)
  watch.send('ADDED', { metadata: { name: 'no-uid', resourceVersion: version } })
  watch.send('MODIFIED', { metadata: { name: 'no-version', uid: 'u' } })
  watch.send('DELETED', { metadata: { name: 'odd-version', uid: 'u', resourceVersion: '0x1' } })
  watch.send('ADDED', {})
  rig.create('b')
  await rig.came('b')
  assert.deepEqual(rig.names, ['a', 'b'])
  assert.equal(rig.stream.failures.garbage, 4)
  assert.ok(rig.warnings.some(text => text.includes('without uid or version')))
})

test('events with next to nothing in them, negative counts, large and hostile texts go through', async () => {
  await using rig = await watching()
  const watch = openWatch(rig)
  let version = Number(rig.sandbox.store.head)
  const send = (fields: object) =>
    watch.send('ADDED', { ...fields, metadata: { uid: `u${version}`, resourceVersion: String(version++ + 1) } })
  send({})
  send({ type: '', count: -3, deprecatedCount: -3 })
  send({ series: null, related: null, eventTime: null, deprecatedSource: {} })
  send({ note: 'x'.repeat(1_000_000) })
  send({ note: 'line\nline\ttab\r\u2028\u001b[31m</script>' })
  send(JSON.parse('{"__proto__": {"polluted": true}, "note": "proto"}'))
  await until('all of them', () => rig.news.length === 7)
  const [, bare, negative, nulls, large, hostile] = rig.news
  assert.deepEqual([bare?.name, bare?.type, bare?.count, bare?.occurrences, bare?.time], ['', '', 1, 1, ''])
  assert.deepEqual([negative?.count, negative?.occurrences, negative?.raw.deprecatedCount], [1, 1, -3])
  assert.equal(nulls?.related, undefined)
  assert.equal(large?.message.length, 1_000_000)
  assert.equal(hostile?.message, 'line\nline\ttab\r\u2028\u001b[31m</script>')
  assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false)
  for (const { event, line } of rig.kept.reads.flatMap(({ news }) => news)) {
    assert.ok(!line.includes(10), 'a record is one line')
    assert.deepEqual({ ...decodeRecord(Buffer.from(line).toString(), event.cluster) }, { ...event })
  }
})

test('versions beyond what a double holds', async () => {
  await using rig = await watching({}, { revision: 9_007_199_254_740_990n })
  for (let i = 0; i < 5; i++) rig.create(`e${i}`)
  rig.cut()
  await rig.caughtUp()
  assert.deepEqual(rig.names, ['a', 'e0', 'e1', 'e2', 'e3', 'e4'])
  await rig.stop()
  rig.sandbox.store.update('e4', { message: 'again' })
  rig.start()
  await rig.came('e4', 2)
  assert.equal(rig.stream.position.version, rig.sandbox.store.head)
  assert.equal(rig.names.length, 7)
})

test('two events at one version are two events', async () => {
  await using rig = await watching()
  const resourceVersion = String(BigInt(rig.sandbox.store.head) + 1n)
  for (const name of ['b', 'c']) openWatch(rig).send('ADDED', { metadata: { name, uid: name, resourceVersion } })
  await rig.came('c')
  assert.deepEqual(rig.names, ['a', 'b', 'c'])
})

test('frames that come twice are counted as duplicates, and what is gone does not come back', async () => {
  await using rig = await watching()
  rig.create('b')
  rig.sandbox.store.update('b', { count: 2 })
  rig.sandbox.store.delete('b')
  await rig.caughtUp()
  rig.sandbox.faults.inject({ kind: 'rewind', changes: 4 }, { when: ({ verb }) => verb === 'watch' })
  rig.cut()
  rig.create('c')
  await rig.came('c')
  assert.deepEqual(rig.names, ['a', 'b', 'b', 'c'])
  const sums = { added: 0, modified: 0, listed: 0, duplicates: 0 }
  for (const { counts } of rig.kept.reads)
    for (const key of ['added', 'modified', 'listed', 'duplicates'] as const) sums[key] += counts[key]
  assert.deepEqual(sums, { added: 4, modified: 2, listed: 1, duplicates: 3 })
})

test('what was gone before the first list does not come back either', async () => {
  await using rig = await Rig.make()
  rig.create('gone')
  rig.sandbox.store.delete('gone')
  rig.create('a')
  rig.sandbox.faults.inject({ kind: 'rewind', changes: 3 }, { when: ({ verb }) => verb === 'watch' })
  rig.start()
  await rig.caughtUp()
  rig.create('b')
  await rig.came('b')
  assert.deepEqual(rig.names, ['a', 'b'])
})

test('many watches leave no listeners, timers or requests behind', async () => {
  const alarms: Error[] = []
  const onWarning = (warning: Error) => alarms.push(warning)
  process.on('warning', onWarning)
  try {
    await using rig = await watching({ timing: { silence: 5 } })
    const traces = () => [getEventListeners(rig.stopping.signal, 'abort').length, process.getActiveResourcesInfo().length]
    const cycle = async (from: number, to: number) => {
      for (let i = from; i < to; i++) {
        rig.create(`e${i}`)
        await rig.came(`e${i}`)
        for (const watch of rig.sandbox.watches) i % 2 === 0 ? watch.end() : watch.cut()
        await until('the next watch', () => rig.stream.watches === i + 2 && rig.stream.connected)
      }
    }
    await cycle(0, 20)
    const [listeners = 0, resources = 0] = traces()
    await cycle(20, 100)
    await until('what is under way to end', () => {
      const [listenersNow = 0, resourcesNow = 0] = traces()
      return listenersNow <= listeners && resourcesNow <= resources + 3
    })
    assert.deepEqual(alarms, [])
  } finally {
    process.off('warning', onWarning)
  }
})
