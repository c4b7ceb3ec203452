// Answers of an API server that made the source lose, repeat or invent something, or keep silent about a gap.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ApiResponse, Cluster } from '../cluster/cluster.ts'
import { Rig, until, watches } from './fixture.ts'

const nextPage = { when: ({ query }: { query: URLSearchParams }) => query.has('continue') }

/** As many events as begin a second page. */
function fill(rig: Rig): readonly string[] {
  const names = Array.from({ length: 501 }, (_, i) => `e${String(i).padStart(3, '0')}`)
  for (const name of names) rig.create(name)
  return names
}

test('an object whose uid is no text is skipped, and its neighbours come', async () => {
  await using rig = await Rig.make()
  rig.start()
  await rig.caughtUp()
  rig.create('b')
  for (const watch of rig.sandbox.watches)
    watch.send('ADDED', { metadata: { name: 'odd', uid: 5, resourceVersion: rig.sandbox.store.head } })
  rig.create('c')
  await rig.came('c')
  assert.deepEqual([rig.names, rig.stream.failures], [['b', 'c'], { garbage: 1 }])
})

test('a kill between two pages of a list does not make the history another one', async () => {
  await using rig = await Rig.make()
  fill(rig)
  rig.start()
  await rig.caughtUp()
  await rig.stop()
  const [anchor] = rig.stream.position.anchors
  rig.sandbox.store.update(anchor?.name ?? '', { message: 'at a version after the position' })
  rig.sandbox.faults.inject({ kind: 'garbage', bytes: '<html>\n' }, { ...watches, times: 3 })
  const { promise: paged, resolve } = Promise.withResolvers<void>()
  rig.kept.onSave = ({ counts }) => {
    if (counts.listed === 0) return
    rig.kept.dead = true
    resolve()
  }
  rig.start()
  await paged
  await rig.kill()
  rig.kept.onSave = () => undefined
  rig.start()
  await rig.caughtUp()
  assert.deepEqual([rig.stream.position.epoch, rig.stream.relists, rig.gaps], [1, {}, []])
  assert.equal(rig.names.length, 502)
})

test('a list that showed another history, and was given up, is not forgotten when that passes the position', async () => {
  await using rig = await Rig.make({ revision: 1_000n })
  rig.create('a')
  rig.start()
  await rig.caughtUp()
  await rig.stop()
  rig.sandbox.replaceHistory(1n)
  fill(rig)
  const { version } = rig.stream.position
  rig.kept.onSave = () => {
    rig.kept.onSave = () => undefined
    while (BigInt(rig.sandbox.store.head) <= BigInt(version)) rig.create(`x${rig.sandbox.store.head}`)
  }
  rig.sandbox.faults.inject({ kind: 'answer', code: 500 }, nextPage)
  rig.start({ labelSelector: 'app!=web' })
  await rig.caughtUp()
  assert.equal(rig.stream.position.epoch, 2)
  assert.deepEqual(
    rig.gaps.map(({ cause }) => cause),
    ['replaced'],
  )
  assert.equal(new Set(rig.names).size, rig.names.length)
})

test('a list that fails between a watch and its gap makes one, whatever the failure', async () => {
  await using rig = await Rig.make()
  rig.start()
  await rig.caughtUp()
  rig.create('a')
  await rig.came('a')
  await rig.expire()
  rig.sandbox.faults.inject({ kind: 'answer', code: 410 }, { when: ({ query }) => query.get('limit') === '500' })
  for (const watch of rig.sandbox.watches) watch.end()
  await until('another list', () => rig.stream.lists === 3 && rig.stream.watches === 2)
  assert.equal(rig.gaps.length, 1)
})

/** The cluster, whose further pages claim to be of now; `before` happens before each. */
function lyingCluster(cluster: Cluster, head: () => string, before: () => void): Cluster {
  return new Proxy(cluster, {
    get: (target, key) => {
      if (key !== 'request') return Reflect.get(target, key)
      return async (...args: Parameters<Cluster['request']>): Promise<ApiResponse> => {
        if (args[1]?.query?.continue === undefined) return target.request(...args)
        before()
        const answer = await target.request(...args)
        const list = JSON.parse(await answer.body.text())
        list.metadata.resourceVersion = head()
        return { ...answer, body: { text: async () => JSON.stringify(list) } as ApiResponse['body'] } // of a list only its text is read
      }
    },
  })
}

test('a later page that claims a newer version does not hide what came on an earlier one', async () => {
  await using rig = await Rig.make()
  fill(rig)
  const lying = lyingCluster(
    rig.cluster,
    () => rig.sandbox.store.head,
    () => void rig.create('a-late-one'),
  )
  rig.start({ cluster: lying })
  await rig.came('a-late-one')
  assert.equal(rig.names.length, 502)
})
