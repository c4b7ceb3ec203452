import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Subject } from './contract.ts'
import { causesOf, expected, namesOf, refusal } from './place.ts'

const strange = { zeta: 1, alpha: 2, source: { component: 'c', hots: 'h' }, metadata: { name: 'a', lables: {} } }
const unknown = ['zeta', 'alpha', 'source.hots', 'metadata.lables'].map(path => `unknown field "${path}"`)
/** In the order of Go's maps, which patches go through. */
const sorted = (message: string) => message.split('strict decoding error: ')[1]?.split(', ').sort()

/** Fields that are none, and writes that are only tried. */
export function drills(subject: Subject): void {
  test('fieldValidation=Strict refuses fields that are none, in both groups', async () => {
    const place = await subject.place()
    const refused = refusal(await place.client.post(`${place.core}?fieldValidation=Strict`, place.coreEvent('a', strange)))
    assert.deepEqual([refused.code, refused.reason], [400, 'BadRequest'])
    assert.match(refused.message, /^Event in version "v1" cannot be handled as a Event: strict decoding error: /)
    assert.deepEqual(sorted(refused.message), [...unknown].sort())
    const inNew = place.newEvent('a', { message: 'x', regarding: { namespace: place.namespace, names: 'x' } })
    const other = refusal(await place.client.post(`${place.new}?fieldValidation=Strict`, inNew))
    assert.deepEqual(sorted(other.message), ['unknown field "message"', 'unknown field "regarding.names"'])
    assert.deepEqual(namesOf(await place.list()), [])
    await place.create('a')
    const put = await place.client.put(`${place.core}/a?fieldValidation=Strict`, place.coreEvent('a', { zeta: 1 }))
    assert.deepEqual([put.status, sorted(put.body.message)], [400, ['unknown field "zeta"']])
    const patched = await place.client.patch(`${place.core}/a?fieldValidation=Strict`, { zeta: 1, count: 9 })
    assert.deepEqual(causesOf(patched).length, 1)
    assert.deepEqual(sorted(patched.body.message), ['unknown field "zeta"'])
    assert.equal(expected(200, await place.client.get(`${place.core}/a`)).count, 2)
    const known = place.coreEvent('b', { metadata: { name: 'b', managedFields: [], ownerReferences: [] }, related: { uid: 'u' } })
    expected(201, await place.client.post(`${place.core}?fieldValidation=Strict`, known))
  })

  test('else they are dropped, with a warning unless it is Ignore', async () => {
    const place = await subject.place()
    const warned = await place.client.post(place.core, place.coreEvent('a', { zeta: 1, alpha: 2 }))
    assert.deepEqual([expected(201, warned).zeta, [warned.headers.warning].flat().join(', ')], [undefined, warnings('zeta', 'alpha')])
    const ignored = await place.client.post(`${place.core}?fieldValidation=Ignore`, place.coreEvent('b', { zeta: 1 }))
    assert.deepEqual([expected(201, ignored).zeta, ignored.headers.warning], [undefined, undefined])
    const patched = await place.client.patch(`${place.core}/a`, { zeta: 1, count: 9 })
    assert.deepEqual([expected(200, patched).count, patched.headers.warning], [9, warnings('zeta')])
    const [cause] = causesOf(await place.client.post(`${place.core}?fieldValidation=Some`, place.coreEvent('c')))
    assert.equal(cause, 'fieldValidation: Unsupported value: "Some": supported values: "", "Ignore", "Strict", "Warn"')
  })

  test('a dry run answers as if, and nothing is there after it', async () => {
    const place = await subject.place()
    await place.create('there')
    const { metadata } = expected(201, await place.client.post(`${place.core}?dryRun=All`, place.coreEvent('a')))
    assert.deepEqual([metadata.name, metadata.resourceVersion], ['a', undefined])
    assert.match(metadata.uid, /^[0-9a-f-]{36}$/)
    const exists = refusal(await place.client.post(`${place.core}?dryRun=All`, place.coreEvent('there')))
    assert.equal(exists.reason, 'AlreadyExists')
    assert.equal(expected(200, await place.client.patch(`${place.core}/there?dryRun=All`, { count: 77 })).count, 77)
    assert.equal(expected(200, await place.client.put(`${place.core}/there?dryRun=All`, place.coreEvent('there', { count: 78 }))).count, 78)
    expected(200, await place.client.delete(`${place.core}/there`, { dryRun: ['All'] }))
    const list = await place.list()
    assert.deepEqual([namesOf(list), list.items[0].count], [['there'], 2])
    const [cause] = causesOf(await place.client.post(`${place.core}?dryRun=Some`, place.coreEvent('a')))
    assert.equal(cause, 'dryRun: Unsupported value: ["Some"]: supported values: "All"')
  })

  test('kubectl learns from OpenAPI that the server validates fields', async () => {
    const { paths } = expected(200, await subject.client.get('/openapi/v3'))
    for (const [group, path] of [
      ['api/v1', '/api/v1/namespaces/{namespace}/events/{name}'],
      ['api/v1', '/api/v1/nodes/{name}'],
      ['apis/apps/v1', '/apis/apps/v1/namespaces/{namespace}/deployments/{name}'],
      ['apis/events.k8s.io/v1', '/apis/events.k8s.io/v1/namespaces/{namespace}/events/{name}'],
    ] as const) {
      const { patch } = expected(200, await subject.client.get(paths[group].serverRelativeURL)).paths[path]
      assert.match(patch['x-kubernetes-group-version-kind'].version, /^v1$/)
      assert.ok(
        patch.parameters.some((one: { name: string }) => one.name === 'fieldValidation'),
        path,
      )
    }
    assert.equal((await subject.client.get('/openapi/v3/apis/nowhere.io/v1')).status, 404)
  })
}

const warnings = (...fields: string[]): string => fields.map(field => String.raw`299 - "unknown field \"${field}\""`).join(', ')
