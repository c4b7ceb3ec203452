import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Subject } from './contract.ts'
import { causesOf, expected, refusal } from './place.ts'
import { brief, Stream } from './stream.ts'

export function watches(subject: Subject): void {
  test('a watch from a list shows every version since, in both groups', async () => {
    const place = await subject.place()
    await place.create('before')
    const from = (await place.list()).metadata.resourceVersion
    const streams = await Promise.all(
      [place.core, place.new].map(path => Stream.open(subject.client, `${path}?watch=1&resourceVersion=${from}`)),
    )
    const a1 = (await place.create('a')).metadata.resourceVersion
    const a2 = (await place.patch('a', { count: 3 })).metadata.resourceVersion
    const b1 = (await place.create('b')).metadata.resourceVersion
    await place.delete('a')
    for (const stream of streams) {
      const frames = await stream.take(4)
      const last = frames.at(-1)?.object
      assert.ok(BigInt(last.metadata.resourceVersion) > BigInt(b1))
      assert.deepEqual(frames.map(brief), [
        `ADDED a@${a1}`,
        `MODIFIED a@${a2}`,
        `ADDED b@${b1}`,
        `DELETED a@${last.metadata.resourceVersion}`,
      ])
      assert.equal(last.kind, 'Event')
      assert.equal(last.apiVersion === 'v1' ? last.count : last.deprecatedCount, 3)
      stream.close()
    }
  })

  test('a watch without a version, or from 0, begins with what is there', async () => {
    const place = await subject.place()
    const b = (await place.create('b')).metadata.resourceVersion
    await place.create('a')
    const a = (await place.patch('a', { count: 3 })).metadata.resourceVersion
    for (const query of ['', '&resourceVersion=0']) {
      const stream = await Stream.open(subject.client, `${place.core}?watch=true${query}`)
      assert.deepEqual((await stream.take(2)).map(brief), [`ADDED a@${a}`, `ADDED b@${b}`])
      stream.close()
    }
  })

  test('timeoutSeconds ends it in order; there are no bookmarks for events', async () => {
    const place = await subject.place()
    const { metadata } = await place.create('a')
    const version = BigInt(metadata.resourceVersion) - 1n
    const stream = await Stream.open(
      subject.client,
      `${place.core}?watch=1&resourceVersion=${version}&timeoutSeconds=1&allowWatchBookmarks=true`,
    )
    assert.deepEqual((await stream.rest()).map(brief), [`ADDED a@${metadata.resourceVersion}`])
  })

  test('a watch that is ahead of the store is silent', async () => {
    const place = await subject.place()
    const stream = await Stream.open(subject.client, `${place.core}?watch=1&resourceVersion=900000000&timeoutSeconds=1`)
    await place.create('a')
    assert.deepEqual(await stream.rest(), [])
  })

  test('a watch of one namespace, and of all', async () => {
    const [here, there] = [await subject.place(), await subject.place()]
    const from = (await here.list()).metadata.resourceVersion
    const all = await Stream.open(subject.client, `/api/v1/events?watch=1&resourceVersion=${from}`)
    const one = await Stream.open(subject.client, `${here.core}?watch=1&resourceVersion=${from}`)
    const a = (await there.create('a')).metadata.resourceVersion
    const b = (await here.create('b')).metadata.resourceVersion
    assert.deepEqual((await all.take(2)).map(brief), [`ADDED a@${a}`, `ADDED b@${b}`])
    assert.deepEqual((await one.take(1)).map(brief), [`ADDED b@${b}`])
    all.close()
    one.close()
  })

  test('with a selector, entering is ADDED and leaving is DELETED with the old object at the new version', async () => {
    const place = await subject.place()
    const from = (await place.list()).metadata.resourceVersion
    const stream = await Stream.open(subject.client, `${place.core}?watch=1&resourceVersion=${from}&labelSelector=in%3Dyes`)
    await place.create('a')
    const label = async (value: string | null, count: number) =>
      (await place.patch('a', { count, metadata: { labels: { in: value } } })).metadata.resourceVersion
    const entered = await label('yes', 3)
    const changed = await label('yes', 4)
    const left = await label(null, 5)
    const again = await label('yes', 6)
    const frames = await stream.take(4)
    assert.deepEqual(frames.map(brief), [`ADDED a@${entered}`, `MODIFIED a@${changed}`, `DELETED a@${left}`, `ADDED a@${again}`])
    assert.deepEqual([frames[2]?.object.count, frames[2]?.object.metadata.labels], [4, { in: 'yes' }])
    stream.close()
  })

  test('a version that was compacted away: 200, one ERROR 410, the end', async () => {
    const place = await subject.place()
    const { metadata } = await place.create('a')
    await place.create('b')
    await place.create('c')
    await subject.compact()
    const stream = await Stream.open(subject.client, `${place.core}?watch=1&resourceVersion=${metadata.resourceVersion}`)
    assert.deepEqual(await stream.rest(), [
      {
        type: 'ERROR',
        object: {
          kind: 'Status',
          apiVersion: 'v1',
          metadata: {},
          status: 'Failure',
          message: 'The resourceVersion for the provided watch is too old.',
          reason: 'Expired',
          code: 410,
        },
      },
    ])
    const now = (await place.list()).metadata.resourceVersion
    const good = await Stream.open(subject.client, `${place.core}?watch=1&resourceVersion=${now}`)
    const d = (await place.create('d')).metadata.resourceVersion
    assert.deepEqual((await good.take(1)).map(brief), [`ADDED d@${d}`])
    good.close()
  })

  test('just before the compacted version, an update whose old version is gone is an ERROR 500, every time', async () => {
    const place = await subject.place()
    await place.create('a')
    const { metadata } = await place.patch('a', { count: 3 })
    await subject.compact()
    const version = BigInt(metadata.resourceVersion) - 1n
    for (const _ of [1, 2]) {
      const stream = await Stream.open(subject.client, `${place.core}?watch=1&resourceVersion=${version}`)
      const [frame, ...more] = await stream.rest()
      assert.deepEqual([frame?.type, frame?.object.code, frame?.object.reason, more], ['ERROR', 500, 'InternalError', []])
      assert.match(frame?.object.message, /^Internal error occurred: etcd event received with PrevKv=nil/)
    }
  })

  test('watch options that are refused', async () => {
    const place = await subject.place()
    const ask = (query: string) => subject.client.get(`${place.core}?watch=1&${query}`)
    assert.deepEqual(refusal(await ask('resourceVersion=abc')), {
      code: 500,
      reason: undefined,
      message: 'resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
    })
    assert.equal(refusal(await ask('timeoutSeconds=abc')).code, 400)
    assert.equal(refusal(await ask('fieldSelector=foo%3Dbar')).message, 'field label not supported: foo')
    assert.deepEqual(causesOf(await ask('resourceVersion=5&resourceVersionMatch=Exact')), [
      'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
      'resourceVersionMatch: Unsupported value: "Exact": supported values: "NotOlderThan"',
    ])
    assert.equal(refusal(await ask('continue=abc')).code, 422)
    for (const query of ['watch=1', 'watch=', 'watch=no']) {
      const frames = await (await Stream.open(subject.client, `${place.core}?${query}&timeoutSeconds=-1`)).rest()
      // It ends at once; a kube-apiserver that is quick enough says so before: "context deadline exceeded".
      assert.deepEqual(
        frames.filter(({ type }) => type !== 'ERROR'),
        [],
      )
    }
  })

  test('a hundred watches of one namespace all see the same', async () => {
    const place = await subject.place()
    const from = (await place.list()).metadata.resourceVersion
    const open = () => Stream.open(subject.client, `${place.new}?watch=1&resourceVersion=${from}`)
    const streams = await Promise.all(Array.from({ length: 100 }, open))
    const names = Array.from({ length: 20 }, (_, n) => `e${n}`)
    await Promise.all(names.map(name => place.create(name)))
    const seen = await Promise.all(streams.map(stream => stream.take(names.length)))
    for (const frames of seen) assert.deepEqual(frames.map(brief), seen[0]?.map(brief))
    assert.deepEqual(new Set(seen[0]?.map(({ object }) => object.metadata.name)), new Set(names))
    for (const stream of streams) stream.close()
    expected(200, await subject.client.get(place.core))
  })
}
