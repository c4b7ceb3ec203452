import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Subject } from './contract.ts'
import { causesOf, expected, refusal, withoutManaged } from './place.ts'

const qualified =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character " +
  "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"

export function writes(subject: Subject): void {
  test('an event created through core/v1 shows in both groups', async () => {
    const place = await subject.place()
    const created = await place.create('a', { metadata: { name: 'a', labels: { app: 'web' }, annotations: { note: 'x' } }, unknown: 1 })
    const { uid, resourceVersion, creationTimestamp } = created.metadata
    assert.match(uid, /^[0-9a-f-]{36}$/)
    assert.match(resourceVersion, /^\d+$/)
    assert.match(creationTimestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    const metadata = {
      ...{ name: 'a', namespace: place.namespace, uid, resourceVersion, creationTimestamp },
      ...{ labels: { app: 'web' }, annotations: { note: 'x' } },
    }
    const involvedObject = {
      kind: 'Pod',
      namespace: place.namespace,
      name: 'web',
      uid: 'u-1',
      apiVersion: 'v1',
      fieldPath: 'spec.containers{web}',
    }
    const inCore = {
      kind: 'Event',
      apiVersion: 'v1',
      metadata,
      involvedObject,
      reason: 'BackOff',
      message: 'Back-off restarting',
      source: { component: 'kubelet', host: 'node-1' },
      firstTimestamp: '2026-01-01T00:00:00Z',
      lastTimestamp: '2026-01-01T00:01:00Z',
      count: 2,
      type: 'Warning',
      eventTime: null,
      reportingComponent: '',
      reportingInstance: '',
    }
    assert.deepEqual(withoutManaged(created), inCore)
    assert.deepEqual(withoutManaged(expected(200, await subject.client.get(`${place.core}/a`))), inCore)
    assert.deepEqual(withoutManaged(expected(200, await subject.client.get(`${place.new}/a`))), {
      kind: 'Event',
      apiVersion: 'events.k8s.io/v1',
      metadata,
      eventTime: null,
      reason: 'BackOff',
      regarding: involvedObject,
      note: 'Back-off restarting',
      type: 'Warning',
      deprecatedSource: { component: 'kubelet', host: 'node-1' },
      deprecatedFirstTimestamp: '2026-01-01T00:00:00Z',
      deprecatedLastTimestamp: '2026-01-01T00:01:00Z',
      deprecatedCount: 2,
    })
  })

  test('an event created through events.k8s.io/v1 shows in both groups', async () => {
    const place = await subject.place()
    const series = { count: 2, lastObservedTime: '2026-01-01T02:00:00.000001+02:00' }
    const created = expected(201, await subject.client.post(place.new, place.newEvent('a', { series })))
    const { metadata } = withoutManaged(created)
    const shared = {
      kind: 'Event',
      metadata,
      eventTime: '2026-01-01T00:00:00.000001Z',
      series: { count: 2, lastObservedTime: '2026-01-01T00:00:00.000001Z' },
      action: 'Binding',
      reason: 'Scheduled',
      related: { kind: 'Node', name: 'node-1' },
      type: 'Normal',
      reportingInstance: 'test-0',
    }
    const regarding = { kind: 'Pod', namespace: place.namespace, name: 'web', apiVersion: 'v1' }
    assert.deepEqual(withoutManaged(created), {
      ...shared,
      apiVersion: 'events.k8s.io/v1',
      reportingController: 'kec.dev/test',
      regarding,
      note: 'Assigned',
      ...{ deprecatedSource: {}, deprecatedFirstTimestamp: null, deprecatedLastTimestamp: null },
    })
    assert.deepEqual(withoutManaged(expected(200, await subject.client.get(`${place.core}/a`))), {
      ...shared,
      apiVersion: 'v1',
      reportingComponent: 'kec.dev/test',
      involvedObject: regarding,
      message: 'Assigned',
      ...{ source: {}, firstTimestamp: null, lastTimestamp: null },
    })
  })

  test('a name is taken once, whichever group took it', async () => {
    const place = await subject.place()
    await place.create('a')
    assert.deepEqual(refusal(await subject.client.post(place.core, place.coreEvent('a'))), {
      code: 409,
      reason: 'AlreadyExists',
      message: 'events "a" already exists',
    })
    assert.deepEqual(refusal(await subject.client.post(place.new, place.newEvent('a'))), {
      code: 409,
      reason: 'AlreadyExists',
      message: 'events.events.k8s.io "a" already exists',
    })
  })

  test('what core/v1 lets through: any type, no texts, negative counts, names that are no DNS names, a megabyte', async () => {
    const place = await subject.place()
    const { namespace } = place
    const bare = expected(
      201,
      await subject.client.post(place.core, {
        metadata: { name: 'A_B' },
        involvedObject: { namespace },
        type: 'Error',
        count: -3,
        series: { count: 1 },
      }),
    )
    assert.equal(bare.type, 'Error')
    assert.equal(bare.count, -3)
    assert.deepEqual(bare.series, { count: 1, lastObservedTime: null })
    assert.equal('reason' in bare || 'message' in bare, false)
    const message = 'x'.repeat(1_000_000)
    assert.equal((await place.create('big', { message })).message, message)
    const generated = await place.create('', { metadata: { generateName: 'gen.' } })
    assert.match(generated.metadata.name, /^gen\.[a-z0-9]{5}$/)
  })

  test('what core/v1 refuses', async () => {
    const place = await subject.place()
    const post = (event: object) => subject.client.post(place.core, event)
    assert.deepEqual(causesOf(await post({ involvedObject: { namespace: place.namespace } })), [
      'metadata.name: Required value: name or generateName is required',
    ])
    assert.deepEqual(causesOf(await post({ metadata: { name: 'a' } })), [
      'involvedObject.namespace: Invalid value: "": does not match event.namespace',
    ])
    assert.deepEqual(causesOf(await post(place.coreEvent('a', { involvedObject: { namespace: 'default' } }))), [
      'involvedObject.namespace: Invalid value: "default": does not match event.namespace',
    ])
    assert.deepEqual(causesOf(await post(place.coreEvent('a', { metadata: { name: 'a', labels: { 'a b': 'c' } } }))), [
      `metadata.labels: Invalid value: "a b": ${qualified}`,
    ])
    assert.deepEqual(
      causesOf(await post({ metadata: { name: 'a' }, involvedObject: { namespace: 'x' }, eventTime: '2026-01-01T00:00:00.000000Z' })),
      [
        'reportingComponent: Required value',
        'reportingComponent: Invalid value: "": name part must be non-empty',
        `reportingComponent: Invalid value: "": ${qualified}`,
        'reportingInstance: Required value',
        'action: Required value',
        'reason: Required value',
      ],
    )
    assert.deepEqual(refusal(await post({ ...place.coreEvent('a'), metadata: { name: 'a', resourceVersion: '5' } })), {
      code: 500,
      reason: undefined,
      message: 'resourceVersion should not be set on objects to be created',
    })
  })

  test('what events.k8s.io/v1 refuses', async () => {
    const place = await subject.place()
    const post = (more: object) => subject.client.post(place.new, place.newEvent('a', more))
    const long = 'x'.repeat(129)
    const tooLong = 'Invalid value: "": can have at most 128 characters'
    assert.deepEqual(causesOf(await post({ action: '' })), ['action: Required value'])
    assert.deepEqual(causesOf(await post({ action: long, reason: long, reportingInstance: long, note: 'x'.repeat(1025) })), [
      `reportingInstance: ${tooLong}`,
      `action: ${tooLong}`,
      `reason: ${tooLong}`,
      'message: Invalid value: "": can have at most 1024 characters',
    ])
    assert.deepEqual(causesOf(await post({ reportingController: 'not valid!', series: { count: 1 }, type: 'Odd' })), [
      `reportingController: Invalid value: "not valid!": ${qualified}`,
      'series.count: Invalid value: "": should be at least 2',
      'series.lastObservedTime: Required value',
      'type: Invalid value: "": has invalid value: Odd',
    ])
    assert.deepEqual(
      causesOf(await post({ deprecatedCount: 3, deprecatedFirstTimestamp: '2026-01-01T00:00:00Z', deprecatedSource: { host: 'h' } })),
      ['firstTimestamp', 'count', 'source'].map(field => `${field}: Invalid value: "": needs to be unset`),
    )
    const [notDns = '', badLabel = '', ...others] = causesOf(await post({ metadata: { name: 'A_B', labels: { 'a b': 'c' } } }))
    assert.match(notDns, /^metadata\.name: Invalid value: "A_B": a lowercase RFC 1123 subdomain must consist of/)
    assert.equal(badLabel, `metadata.labels: Invalid value: "a b": ${qualified}`)
    assert.deepEqual(others, [])
    assert.deepEqual(causesOf(await post({ eventTime: null })), ['eventTime: Required value'])
    assert.deepEqual(causesOf(await post({ regarding: { kind: 'Namespace', name: place.namespace } })), [
      'involvedObject.namespace: Invalid value: "": does not match event.namespace',
    ])
    expected(201, await post({ regarding: { kind: 'Pod', namespace: 'default', name: 'elsewhere' } }))
  })

  test('bodies that are no event', async () => {
    const place = await subject.place()
    const send = (text: string, contentType = 'application/json') => subject.client.call('POST', place.core, { text, contentType })
    for (const text of ['{', '[]', '"x"', '']) assert.equal(refusal(await send(text)).code, 400, text)
    assert.deepEqual(refusal(await send('{}', 'text/plain')).code, 415)
    for (const wrong of [{ count: 'x' }, { count: 1.5 }, { reason: 1 }, { involvedObject: [] }, { metadata: { labels: { a: 1 } } }]) {
      assert.deepEqual(
        refusal(await subject.client.post(place.core, { ...place.coreEvent('a'), ...wrong })).reason,
        'BadRequest',
        JSON.stringify(wrong),
      )
    }
    assert.equal(
      refusal(await subject.client.post(place.core, { ...place.coreEvent('a'), count: 'x' })).message,
      'Event in version "v1" cannot be handled as a Event: json: cannot unmarshal string into Go struct field Event.count of type int32',
    )
    assert.equal(
      refusal(await subject.client.post(place.core, { apiVersion: 'events.k8s.io/v1', kind: 'Event' })).message,
      'the API version in the data (events.k8s.io/v1) does not match the expected API version (v1)',
    )
    assert.equal(
      refusal(await subject.client.post(place.core, place.coreEvent('a', { metadata: { name: 'a', namespace: 'other' } }))).message,
      'the namespace of the provided object does not match the namespace sent on the request',
    )
  })

  test('eventTime takes exactly six digits; firstTimestamp drops its fraction', async () => {
    const place = await subject.place()
    for (const eventTime of ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000Z', '2026-01-01', 'x', 5]) {
      assert.equal(refusal(await subject.client.post(place.new, place.newEvent('a', { eventTime }))).code, 400, String(eventTime))
    }
    const { firstTimestamp } = await place.create('a', { firstTimestamp: '2026-01-01T02:00:00.987+02:00' })
    assert.equal(firstTimestamp, '2026-01-01T00:00:00Z')
  })

  test('a namespace that is not there: no create, an empty list', async () => {
    const path = '/api/v1/namespaces/nowhere/events'
    const event = { metadata: { name: 'a' }, involvedObject: { namespace: 'nowhere' } }
    assert.deepEqual(refusal(await subject.client.post(path, event)), {
      code: 404,
      reason: 'NotFound',
      message: 'namespaces "nowhere" not found',
    })
    assert.deepEqual(expected(200, await subject.client.get(path)).items, [])
    assert.equal(refusal(await subject.client.patch(`${path}/a`, { count: 1 })).message, 'events "a" not found')
  })

  test('delete', async () => {
    const place = await subject.place()
    const { metadata } = await place.create('a')
    const item = `${place.core}/a`
    assert.equal(refusal(await subject.client.delete(item, { preconditions: { uid: 'other' } })).reason, 'Conflict')
    assert.equal(refusal(await subject.client.delete(item, { preconditions: { resourceVersion: '1' } })).reason, 'Conflict')
    assert.deepEqual(expected(200, await subject.client.delete(`${place.new}/a`)), {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      details: { name: 'a', group: 'events.k8s.io', kind: 'events', uid: metadata.uid },
    })
    assert.equal(refusal(await subject.client.delete(item)).message, 'events "a" not found')
    assert.equal(refusal(await subject.client.get(`${place.new}/a`)).message, 'events.events.k8s.io "a" not found')
  })

  test('the namespaces that every cluster has stay', async () => {
    for (const name of ['default', 'kube-public', 'kube-system']) {
      assert.deepEqual(refusal(await subject.client.delete(`/api/v1/namespaces/${name}`)), {
        ...{ code: 403, reason: 'Forbidden' },
        message: `namespaces "${name}" is forbidden: this namespace may not be deleted`,
      })
      expected(200, await subject.client.get(`/api/v1/namespaces/${name}`))
    }
  })

  test('delete of a collection takes what the selector picks', async () => {
    const place = await subject.place()
    for (const name of ['a', 'b', 'c']) await place.create(name, { metadata: { name, labels: { keep: String(name === 'b') } } })
    const gone = expected(200, await subject.client.delete(`${place.core}?labelSelector=keep%3Dfalse`))
    assert.equal(gone.kind, 'EventList')
    assert.equal(gone.items.length, 2)
    const { items } = await place.list()
    assert.deepEqual(
      items.map((item: { metadata: { name: string } }) => item.metadata.name),
      ['b'],
    )
  })
}
