import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import type { ApiResponse, Cluster } from '../cluster/cluster.ts'
import { Rig, until } from './fixture.ts'

const silent = { timing: { silence: 10 } }

/** As if restored from a backup: the event of before, at another version. */
function restore({ sandbox }: Rig, name: string, uid: string, count: number): void {
  sandbox.store.create({ metadata: { name } })
  sandbox.store.update(name, { metadata: { uid }, count })
}

/** A stopped source that has seen `a` (twice) and `b`. */
async function stopped(): Promise<Rig & AsyncDisposable> {
  const rig = await Rig.make({ revision: 100n })
  rig.create('a', { count: 2 })
  rig.start()
  await rig.caughtUp()
  rig.create('b')
  await rig.caughtUp()
  await rig.stop()
  return rig
}

function assertReplaced(rig: Rig): void {
  assert.deepEqual(rig.stream.relists, { replaced: 1 })
  assert.equal(rig.stream.position.epoch, 2)
  assert.deepEqual(
    rig.gaps.map(({ cause }) => cause),
    ['replaced'],
  )
}

test('a history that ends before the position was replaced: a new epoch, and counts tell what is new', async () => {
  await using rig = await stopped()
  const [a, b] = rig.news
  assert.ok(a && b)
  rig.sandbox.replaceHistory(1n)
  restore(rig, 'a', a.uid, 5)
  restore(rig, 'b', b.uid, 1)
  rig.create('c')
  rig.start()
  await rig.caughtUp()
  assertReplaced(rig)
  const news = rig.news.slice(2)
  assert.deepEqual(
    news.map(({ name, change, occurrences, historical }) => ({ name, change, occurrences, historical })),
    [
      { name: 'a', change: 'updated', occurrences: 3, historical: false },
      { name: 'c', change: 'created', occurrences: 1, historical: false },
    ],
  )
  assert.equal(news[0]?.id, `c/${a.uid}/3@2`)
  rig.create('d')
  await rig.came('d')
  assert.match(rig.news.at(-1)?.id ?? '', /@2$/)
  // What was counted anew is known after a restart too.
  await rig.kill()
  rig.start()
  rig.sandbox.store.update('b', { count: 2 })
  await rig.came('b', 2)
  assert.equal(rig.news.at(-1)?.occurrences, 1)
  assert.equal(rig.names.length, 6)
})

test('a replaced history is known even when its head is beyond the position', async () => {
  await using rig = await stopped()
  rig.sandbox.replaceHistory(1_000n)
  rig.create('c')
  rig.start()
  await rig.caughtUp()
  assertReplaced(rig)
  assert.deepEqual(rig.names, ['a', 'b', 'c'])
})

test('a history that is replaced under an open watch, and passes its version, is known at the next watch', async () => {
  await using rig = await Rig.make({ revision: 100n })
  // Nothing is held when the watch begins.
  rig.start()
  await rig.caughtUp()
  rig.create('a')
  await rig.caughtUp()
  rig.create('b')
  await rig.caughtUp()
  const trusted = rig.stream.position.trusted
  rig.sandbox.replaceHistory(BigInt(rig.sandbox.store.head) - 2n)
  // The watch is silent for the first two of these, and shows the third.
  for (const name of ['unseen', 'unseen-too', 'c']) rig.create(name)
  await rig.came('c')
  assert.deepEqual(rig.names, ['a', 'b', 'c'])
  rig.cut()
  await rig.came('unseen-too')
  assert.deepEqual(rig.names.toSorted(), ['a', 'b', 'c', 'unseen', 'unseen-too'])
  assertReplaced(rig)
  assert.equal(rig.gaps[0]?.from.getTime(), trusted)
})

test('an anchor that was updated is no sign of another history', async () => {
  await using rig = await Rig.make()
  rig.create('a')
  rig.start()
  await rig.caughtUp()
  rig.sandbox.store.update('a', { count: 2 })
  rig.create('b')
  await rig.came('b')
  rig.cut()
  await until('another watch', () => rig.stream.watches === 2 && rig.stream.connected)
  assert.deepEqual(rig.stream.relists, {})
  assert.equal(rig.asked().filter(one => one === 'exact').length, 2)
})

test('another event of the same name, and the same event at another version, are another history', async () => {
  for (const isSame of [false, true]) {
    await using rig = await stopped()
    const { uid = '', version } = rig.stream.position.held.at(-1) ?? {}
    rig.sandbox.replaceHistory(BigInt(version ?? 0) - (isSame ? 3n : 2n))
    restore(rig, 'b', isSame ? uid : 'another', 1)
    while (rig.sandbox.store.head !== version) rig.create(`x${rig.sandbox.store.head}`)
    rig.start()
    await rig.caughtUp()
    assertReplaced(rig)
  }
})

test('an expired position is no replaced history: what is new is listed', async () => {
  await using rig = await stopped()
  rig.sandbox.store.update('a', { count: 3 })
  rig.create('c')
  await rig.expire()
  rig.start()
  await rig.caughtUp()
  assert.deepEqual(rig.asked().slice(2), ['exact', 'list 500', 'watch'])
  assert.deepEqual(rig.stream.relists, { expired: 1 })
  assert.equal(rig.stream.position.epoch, 1)
  assert.deepEqual(
    rig.news.slice(2).map(({ name, occurrences, id }) => `${name} ${occurrences} ${id.endsWith('@2')}`),
    ['a 1 false', 'c 1 false'],
  )
})

test('the history is checked before each watch, but not straight after a list', async () => {
  await using rig = await Rig.make()
  rig.create('a')
  rig.start()
  await rig.caughtUp()
  rig.cut()
  await until('another watch', () => rig.asked().length === 4)
  assert.deepEqual(rig.asked(), ['list 500', 'watch', 'exact', 'watch'])
})

test('when no event is held, the version of now is asked for', async () => {
  await using rig = await stopped()
  rig.sandbox.store.delete(['a', 'b'])
  rig.start()
  await rig.caughtUp()
  await rig.stop()
  const before = rig.asked().length
  rig.start()
  await until('a watch', () => rig.asked(before).includes('watch'))
  assert.deepEqual(rig.asked(before), ['list 1', 'watch'])
  assert.deepEqual(rig.stream.relists, {})
  await rig.stop()
  rig.sandbox.replaceHistory(1n)
  rig.create('c')
  rig.start()
  await rig.came('c')
  assertReplaced(rig)
})

test('an event that went unseen, at the version where the watch was cut, is no other history', async () => {
  await using rig = await Rig.make()
  for (const name of ['a', 'b', 'c', 'd']) rig.create(name)
  rig.start()
  await rig.caughtUp()
  await rig.stop()
  rig.sandbox.store.delete(['b', 'c', 'd'])
  const [, line = ''] = (await watchedSince(rig, rig.stream.position.version)).split(/(?<=\n)/)
  rig.sandbox.faults.inject({ kind: 'truncate', bytes: line.length * 1.5 }, { when: ({ query }) => query.has('watch') })
  rig.start()
  await rig.caughtUp()
  rig.create('e')
  await rig.came('e')
  assert.deepEqual(rig.stream.relists, {})
  assert.equal(rig.stream.position.epoch, 1)
  assert.deepEqual(
    rig.stream.position.held.map(({ name }) => name),
    ['a', 'e'],
  )
})

async function watchedSince({ cluster }: Rig, version: string): Promise<string> {
  const query = { watch: true, resourceVersion: version, timeoutSeconds: 1 }
  return (await cluster.request('/apis/events.k8s.io/v1/events', { query })).body.text()
}

test('of many changes in one read, no old version of an event is taken for held', async () => {
  await using rig = await stopped()
  rig.sandbox.store.update('b', { count: 2 })
  for (let i = 0; i < 20; i++) rig.create(`x${i}`)
  for (let i = 0; i < 20; i++) rig.sandbox.store.delete(`x${i}`)
  rig.start()
  await rig.caughtUp()
  rig.cut()
  await until('another watch', () => rig.stream.watches === 2 && rig.stream.connected)
  assert.deepEqual(rig.stream.relists, {})
})

test('a silent watch is asked about again and again, and left alone while all is as it was', async () => {
  for (const name of ['a', undefined]) {
    await using rig = await Rig.make()
    if (name) rig.create(name)
    rig.start(silent)
    await until('several questions', () => rig.asked().length > 8)
    const [list, watch, ...questions] = rig.asked()
    assert.deepEqual([list, watch, new Set(questions)], ['list 500', 'watch', new Set([name ? 'named' : 'list 1'])])
    assert.deepEqual([rig.stream.lists, rig.stream.watches, rig.gaps], [1, 1, []])
  }
})

test('a history replaced under a silent watch is found out', async () => {
  for (const held of [true, false]) {
    for (const last of [1n, 1_000n]) {
      if (!held && last > 100n) continue // nothing can tell
      await using rig = await Rig.make({ revision: 100n })
      if (held) rig.create('a')
      rig.start(silent)
      await rig.caughtUp()
      rig.sandbox.replaceHistory(last)
      if (last === 1n) rig.create('b')
      const names = [...(held ? ['a'] : []), ...(last === 1n ? ['b'] : [])]
      await until('a list', () => rig.stream.lists === 2 && rig.stream.position.epoch === 2)
      assertReplaced(rig)
      assert.deepEqual(rig.names, names)
    }
  }
})

test('a history that was restored to a little before the position is found out, though the event is just so in it', async () => {
  for (const isRunning of [true, false]) {
    await using rig = await stopped()
    const { uid = '', version = '' } = rig.stream.position.held.at(-1) ?? {}
    rig.start(silent)
    rig.sandbox.store.delete('a')
    await rig.caughtUp()
    if (!isRunning) await rig.stop()
    rig.sandbox.replaceHistory(BigInt(version) - 2n)
    restore(rig, 'b', uid, 1)
    assert.deepEqual([rig.sandbox.store.head, rig.sandbox.store.get('b')?.metadata.uid], [version, uid])
    if (!isRunning) rig.start()
    await until('a list', () => rig.stream.position.epoch === 2)
    assertReplaced(rig)
    assert.deepEqual(rig.names, ['a', 'b'])
  }
})

test('a list that is behind the position is of another history, whatever it was asked for', async () => {
  await using rig = await stopped()
  const [a] = rig.news
  rig.sandbox.replaceHistory(1n)
  restore(rig, 'a', a?.uid ?? '', 3)
  rig.start({ labelSelector: 'app!=web' })
  await rig.came('a', 2)
  assert.deepEqual(rig.stream.relists, { selectors: 1 })
  assert.deepEqual(
    rig.gaps.map(({ cause }) => cause),
    ['replaced'],
  )
  assert.equal(rig.news.at(-1)?.id, `c/${a?.uid}/3@2`)
})

/** The cluster, whose open watches hear nothing from the moment that `deaf` is true. */
function deafCluster(cluster: Cluster, isDeaf: () => boolean): Cluster {
  return new Proxy(cluster, {
    get: (target, key) => {
      if (key !== 'request') return Reflect.get(target, key)
      return async (...args: Parameters<Cluster['request']>): Promise<ApiResponse> => {
        const answer = await target.request(...args)
        if (args[1]?.query?.watch !== true) return answer
        const heard = new PassThrough()
        answer.body.on('data', chunk => isDeaf() || heard.write(chunk))
        answer.body.on('error', error => heard.destroy(error))
        heard.on('close', () => answer.body.destroy())
        return { ...answer, body: heard as unknown as ApiResponse['body'] } // of a watch's body only the events of a stream are used
      }
    },
  })
}

test('a watch that stays silent although there is news is given up, and its history is still the same', async () => {
  await using rig = await Rig.make()
  rig.create('a')
  let deaf = false
  rig.start({ ...silent, cluster: deafCluster(rig.cluster, () => deaf) })
  await rig.caughtUp()
  deaf = true
  rig.sandbox.store.update('a', { count: 2 })
  await until('a list', () => rig.stream.lists === 2)
  deaf = false
  await rig.came('a', 2)
  assert.deepEqual(rig.stream.relists, { distrusted: 1 })
  assert.equal(rig.stream.position.epoch, 1)
  assert.equal(rig.gaps.length, 1)
})

test('what cannot be asked while a watch is silent is no reason to give it up', async () => {
  await using rig = await Rig.make()
  rig.create('a')
  rig.start(silent)
  await rig.caughtUp()
  rig.sandbox.deny({ verb: 'list', resource: 'events' })
  const before = rig.asked().length
  await until('several questions', () => rig.asked().length > before + 6)
  rig.create('b')
  await rig.came('b')
  assert.deepEqual([rig.stream.lists, rig.stream.watches], [1, 1])
})
