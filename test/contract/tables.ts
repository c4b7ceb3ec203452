import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Answer } from './client.ts'
import type { Subject } from './contract.ts'
import { expected, refusal, withoutManaged } from './place.ts'
import { Stream } from './stream.ts'

/** What `kubectl get` sends. */
const asTable = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json'

interface Column {
  readonly name: string
  readonly priority: number
}

const columnsOf = ({ columnDefinitions }: Answer['body']) => ({
  shown: columnDefinitions.filter((one: Column) => one.priority === 0).map((one: Column) => one.name),
  wide: columnDefinitions.filter((one: Column) => one.priority > 0).map((one: Column) => one.name),
})

const rowsOf = ({ rows }: Answer['body']) => rows.map((row: { cells: unknown[] }) => row.cells)

const ago = (seconds: number): string => `${new Date(Date.now() - seconds * 1000).toISOString().slice(0, 19)}Z`

/** What `kubectl get` shows: the server makes the tables. */
export function tables(subject: Subject): void {
  const table = async (path: string) => {
    const body = expected(200, await subject.client.call('GET', path, { accept: asTable }))
    assert.deepEqual([body.kind, body.apiVersion], ['Table', 'meta.k8s.io/v1'])
    return body
  }

  test('events as a table, the same in both groups', async () => {
    const place = await subject.place()
    await place.create('a', { firstTimestamp: ago(2 * 86_400 + 3600), lastTimestamp: ago(4 * 3600), count: 12 })
    await place.create('b', { source: {}, involvedObject: { kind: 'Node', namespace: place.namespace }, message: ' m\n', count: 0 })
    const series = { count: 5, lastObservedTime: ago(300).replace('Z', '.000000Z') }
    const eventTime = ago(40 * 60).replace('Z', '.000000Z')
    expected(201, await subject.client.post(place.new, place.newEvent('c', { eventTime, series })))
    for (const path of [place.core, place.new]) {
      const list = await table(path)
      assert.deepEqual(columnsOf(list), {
        shown: ['Last Seen', 'Type', 'Reason', 'Object', 'Message'],
        wide: ['Subobject', 'Source', 'First Seen', 'Count', 'Name'],
      })
      const [a, b, c] = rowsOf(list)
      const row = ['Warning', 'BackOff', 'pod/web', 'spec.containers{web}', 'kubelet, node-1', 'Back-off restarting']
      assert.deepEqual(a, ['4h', ...row, '2d1h', 12, 'a'])
      assert.deepEqual([b[3], b[4], b[5], b[6], b[8]], ['node', '', '', 'm', 1])
      // Its seconds pass while the test runs.
      assert.match(c[0], /^5m/)
      assert.deepEqual([c[5], ...c.slice(7)], ['kec.dev/test, test-0', '40m', 5, 'c'])
      assert.deepEqual(Object.keys(list.rows[0].object), ['kind', 'apiVersion', 'metadata'])
      assert.equal(list.rows[0].object.kind, 'PartialObjectMetadata')
      assert.equal(list.rows[0].object.metadata.name, 'a')
      assert.match(list.metadata.resourceVersion, /^\d+$/)
    }
    const page = await table(`${place.core}?limit=1`)
    assert.deepEqual([page.rows.length, page.metadata.remainingItemCount], [1, 2])
    const whole = (await table(`${place.core}?includeObject=Object&limit=1`)).rows[0].object
    assert.deepEqual(withoutManaged(whole), withoutManaged(expected(200, await subject.client.get(`${place.core}/a`))))
    assert.equal((await table(`${place.core}?includeObject=None`)).rows[0].object, null)
    assert.equal((await table(`${place.core}/a`)).rows[0].cells.at(-1), 'a')
    const wrong = await subject.client.call('GET', `${place.core}?includeObject=All`, { accept: asTable })
    assert.equal(refusal(wrong).code, 400)
  })

  test('the columns of other kinds', async () => {
    const place = await subject.place()
    const inside = `/api/v1/namespaces/${place.namespace}`
    const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'nginx' }] } }
    expected(201, await subject.client.post(`${inside}/pods`, { metadata: { name: 'web-0' }, spec: template.spec }))
    const spec = { replicas: 2, selector: { matchLabels: { app: 'web' } }, template }
    const workloads = `/apis/apps/v1/namespaces/${place.namespace}`
    for (const resource of ['deployments', 'replicasets']) {
      expected(201, await subject.client.post(`${workloads}/${resource}`, { metadata: { name: 'web' }, spec }))
    }
    const node = { metadata: { name: `node-of-${place.namespace}` } }
    expected(201, await subject.client.post('/api/v1/nodes', node))

    const none = '<none>'
    const seen = async (path: string, age: number) => {
      const list = await table(path)
      const [cells] = rowsOf(list)
      assert.match(cells.splice(age, 1)[0], /^\d+s$/)
      return [columnsOf(list), cells]
    }
    assert.deepEqual(await seen(`${inside}/pods`, 4), [
      { shown: ['Name', 'Ready', 'Status', 'Restarts', 'Age'], wide: ['IP', 'Node', 'Nominated Node', 'Readiness Gates'] },
      ['web-0', '0/1', 'Pending', '0', none, none, none, none],
    ])
    assert.deepEqual(await seen(`${workloads}/deployments`, 4), [
      { shown: ['Name', 'Ready', 'Up-to-date', 'Available', 'Age'], wide: ['Containers', 'Images', 'Selector'] },
      ['web', '0/2', 0, 0, 'web', 'nginx', 'app=web'],
    ])
    assert.deepEqual(await seen(`${workloads}/replicasets`, 4), [
      { shown: ['Name', 'Desired', 'Current', 'Ready', 'Age'], wide: ['Containers', 'Images', 'Selector'] },
      ['web', 2, 0, 0, 'web', 'nginx', 'app=web'],
    ])
    assert.deepEqual(await seen(`/api/v1/nodes/${node.metadata.name}`, 3), [
      {
        shown: ['Name', 'Status', 'Roles', 'Age', 'Version'],
        wide: ['Internal-IP', 'External-IP', 'OS-Image', 'Kernel-Version', 'Container-Runtime'],
      },
      [node.metadata.name, 'Unknown', none, '', none, none, '<unknown>', '<unknown>', '<unknown>'],
    ])
    assert.deepEqual(await seen(`/api/v1/namespaces/${place.namespace}`, 2), [
      { shown: ['Name', 'Status', 'Age'], wide: [] },
      [place.namespace, 'Active'],
    ])
  })

  test('a watch shows the columns once', async () => {
    const place = await subject.place()
    const { metadata } = await place.create('a')
    await place.create('b')
    await place.delete('a')
    const stream = await Stream.open(
      subject.client,
      `${place.core}?watch=1&resourceVersion=${BigInt(metadata.resourceVersion) - 1n}`,
      asTable,
    )
    const frames = await stream.take(3)
    stream.close()
    assert.deepEqual(
      frames.map(({ type, object }) => [type, object.kind, object.columnDefinitions?.length, object.rows[0].cells.at(-1)]),
      [
        ['ADDED', 'Table', 10, 'a'],
        ['ADDED', 'Table', undefined, 'b'],
        ['DELETED', 'Table', undefined, 'a'],
      ],
    )
    assert.equal(frames[1]?.object.columnDefinitions, null)
    assert.match(frames[1]?.object.metadata.resourceVersion, /^\d+$/)
  })

  test('who takes no JSON is told so; who takes it among others gets it', async () => {
    const { core } = await subject.place()
    const get = (accept: string) => subject.client.call('GET', core, { accept })
    const refused = refusal(await get('text/html'))
    assert.deepEqual([refused.code, refused.reason], [406, 'NotAcceptable'])
    assert.match(refused.message, /^406: Not Acceptable\n\nAvailable representations: application\/json/)
    const shape = refusal(await get('application/json;as=Shape;v=v1;g=meta.k8s.io'))
    assert.deepEqual([shape.code, shape.reason], [406, 'NotAcceptable'])
    assert.match(shape.message, /^only the following media types are accepted: application\/json/)
    for (const accept of ['*/*', 'text/html, application/json', 'application/json;as=Shape;v=v1;g=meta.k8s.io,application/json']) {
      assert.equal(expected(200, await get(accept)).kind, 'EventList', accept)
    }
  })
}
