import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Subject } from './contract.ts'
import { causesOf, expected, refusal } from './place.ts'

export function updates(subject: Subject): void {
  test('every change makes one new version, and what changes nothing makes none', async () => {
    const place = await subject.place()
    const first = await place.create('a')
    const second = await place.patch('a', { count: 3 })
    assert.ok(BigInt(second.metadata.resourceVersion) > BigInt(first.metadata.resourceVersion))
    assert.equal(second.metadata.uid, first.metadata.uid)
    assert.equal(second.metadata.creationTimestamp, first.metadata.creationTimestamp)
    assert.deepEqual(await place.patch('a', { count: 3 }), second)
    const { metadata, ...fields } = second
    const same = expected(200, await subject.client.put(`${place.core}/a`, { ...fields, metadata: { name: 'a' } }))
    assert.equal(same.metadata.resourceVersion, metadata.resourceVersion)
  })

  test('one counter for all namespaces and both groups', async () => {
    const [here, there] = [await subject.place(), await subject.place()]
    const a = await here.create('a')
    const b = expected(201, await subject.client.post(there.new, there.newEvent('b')))
    const { metadata } = await here.list()
    assert.ok(BigInt(a.metadata.resourceVersion) < BigInt(b.metadata.resourceVersion))
    assert.ok(BigInt(metadata.resourceVersion) >= BigInt(b.metadata.resourceVersion))
  })

  test('a merge patch: null removes, objects are merged', async () => {
    const place = await subject.place()
    await place.create('a', { metadata: { name: 'a', labels: { one: '1', two: '2' } } })
    const patched = await place.patch('a', {
      count: null,
      message: null,
      metadata: { labels: { one: null, three: '3' } },
      source: { host: 'node-2' },
    })
    assert.deepEqual(patched.metadata.labels, { two: '2', three: '3' })
    assert.deepEqual(patched.source, { component: 'kubelet', host: 'node-2' })
    assert.equal('count' in patched || 'message' in patched, false)
    const contentType = 'application/strategic-merge-patch+json'
    const strategic = await subject.client.call('PATCH', `${place.core}/a`, { body: { count: 7 }, contentType })
    assert.equal(expected(200, strategic).count, 7)
  })

  test('patches that are refused', async () => {
    const place = await subject.place()
    await place.create('a')
    const item = `${place.core}/a`
    assert.equal(refusal(await subject.client.patch(`${place.core}/b`, {})).message, 'events "b" not found')
    assert.equal(refusal(await subject.client.patch(item, { metadata: { name: 'b' } })).code, 400)
    assert.equal(refusal(await subject.client.patch(item, [])).code, 400)
    assert.equal(refusal(await subject.client.call('PATCH', item, { text: '{', contentType: 'application/merge-patch+json' })).code, 400)
    assert.equal(refusal(await subject.client.call('PATCH', item, { body: {} })).code, 415)
    assert.equal(refusal(await subject.client.patch(item, { count: 'x' })).code, 422)
    assert.deepEqual(refusal(await subject.client.patch(item, { metadata: { resourceVersion: '1' } })), {
      code: 409,
      reason: 'Conflict',
      message:
        'Operation cannot be fulfilled on events "a": the object has been modified; please apply your changes to the latest version and try again',
    })
    assert.deepEqual(causesOf(await subject.client.patch(item, { metadata: { uid: 'other' } })), [
      'metadata.uid: Invalid value: "other": field is immutable',
    ])
  })

  test('PUT: creates what is not there, and minds resourceVersion, uid and name', async () => {
    const place = await subject.place()
    const put = (name: string, event: object) => subject.client.put(`${place.core}/${name}`, event)
    const created = expected(201, await put('a', place.coreEvent('a')))
    assert.equal(expected(200, await put('a', place.coreEvent('a', { count: 5 }))).metadata.uid, created.metadata.uid)
    expected(201, await put('b', { ...place.coreEvent('b'), metadata: { name: 'b', resourceVersion: '1' } }))
    const stale = await put('a', { ...place.coreEvent('a'), metadata: { name: 'a', resourceVersion: created.metadata.resourceVersion } })
    assert.equal(refusal(stale).reason, 'Conflict')
    for (const name of ['a', 'c']) {
      assert.equal(refusal(await put(name, { ...place.coreEvent(name), metadata: { name, uid: 'other' } })).reason, 'Conflict', name)
    }
    assert.equal(refusal(await put('a', place.coreEvent('b'))).message, 'the name of the object (b) does not match the name on the URL (a)')
    assert.equal(
      refusal(await put('a', { ...place.coreEvent('a'), metadata: {} })).message,
      'the name of the object (a based on URL) was undeterminable: name must be provided',
    )
  })

  test('events.k8s.io/v1 lets only the series and metadata change', async () => {
    const place = await subject.place()
    expected(201, await subject.client.post(place.new, place.newEvent('a')))
    const item = `${place.new}/a`
    const series = { count: 5, lastObservedTime: '2026-01-01T00:00:00.000000Z' }
    assert.deepEqual(expected(200, await subject.client.patch(item, { series, metadata: { labels: { a: 'b' } } })).series, series)
    const change = {
      note: 'other',
      type: 'Warning',
      deprecatedCount: 5,
      action: 'b',
      regarding: { name: 'o' },
      deprecatedSource: { host: 'q' },
    }
    const more = { reportingController: 'x', eventTime: null, related: null }
    const reference = (kind: string, name: string) =>
      `{"Kind":"${kind}","Namespace":"${place.namespace}","Name":"${name}","UID":"","APIVersion":"v1","ResourceVersion":"","FieldPath":""}`
    assert.deepEqual(
      causesOf(await subject.client.patch(item, { ...change, ...more })),
      [
        `involvedObject: Invalid value: ${reference('Pod', 'o')}`,
        'message: Invalid value: "other"',
        'source: Invalid value: {"Component":"","Host":"q"}',
        'count: Invalid value: 5',
        'type: Invalid value: "Warning"',
        'eventTime: Invalid value: null',
        'action: Invalid value: "b"',
        'related: Invalid value: null',
        'reportingController: Invalid value: "x"',
      ].map(cause => `${cause}: field is immutable`),
    )
    assert.deepEqual(causesOf(await subject.client.patch(item, { series: { count: 1, lastObservedTime: null } })), [
      'series.count: Invalid value: "": should be at least 2',
      'series.lastObservedTime: Required value',
    ])
  })

  test('core/v1 may raise the count of a new event, and then both counts show', async () => {
    const place = await subject.place()
    const series = { count: 5, lastObservedTime: '2026-01-01T00:00:00.000000Z' }
    expected(201, await subject.client.post(place.new, place.newEvent('a', { series })))
    await place.patch('a', { count: 3 })
    const shown = expected(200, await subject.client.get(`${place.new}/a`))
    assert.equal(shown.deprecatedCount, 3)
    assert.equal(shown.series.count, 5)
  })
}
