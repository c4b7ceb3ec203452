import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Answer } from './client.ts'
import type { Subject } from './contract.ts'
import { expected, refusal } from './place.ts'

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']

/** A resource as discovery shows it, without the hash that is the server's own. */
function resource(list: Answer['body'], name: string) {
  const found = list.resources.find((one: { name: string }) => one.name === name)
  assert.ok(found, `no ${name} in ${list.groupVersion}`)
  const { storageVersionHash: _, ...rest } = found
  return rest
}

export function discovery(subject: Subject): void {
  test('the groups', async () => {
    const api = expected(200, await subject.client.get('/api'))
    assert.deepEqual([api.kind, api.versions], ['APIVersions', ['v1']])
    const { kind, apiVersion, groups } = expected(200, await subject.client.get('/apis'))
    assert.deepEqual([kind, apiVersion], ['APIGroupList', 'v1'])
    const version = { groupVersion: 'events.k8s.io/v1', version: 'v1' }
    const group = { name: 'events.k8s.io', versions: [version], preferredVersion: version }
    assert.deepEqual(
      groups.find((one: { name: string }) => one.name === 'events.k8s.io'),
      group,
    )
    assert.ok(groups.some((one: { name: string }) => one.name === 'apps'))
    assert.deepEqual(expected(200, await subject.client.get('/apis/events.k8s.io')), { kind: 'APIGroup', apiVersion: 'v1', ...group })
  })

  test('the resources of the groups that kec needs', async () => {
    const core = expected(200, await subject.client.get('/api/v1'))
    assert.deepEqual([core.kind, core.groupVersion], ['APIResourceList', 'v1'])
    const event = { name: 'events', singularName: 'event', namespaced: true, kind: 'Event', verbs, shortNames: ['ev'] }
    assert.deepEqual(resource(core, 'events'), event)
    assert.deepEqual(resource(core, 'nodes'), {
      ...{ name: 'nodes', singularName: 'node', namespaced: false, kind: 'Node' },
      ...{ verbs, shortNames: ['no'] },
    })
    assert.deepEqual(resource(core, 'pods'), {
      ...{ name: 'pods', singularName: 'pod', namespaced: true, kind: 'Pod' },
      ...{ verbs, shortNames: ['po'], categories: ['all'] },
    })
    assert.deepEqual(resource(core, 'namespaces'), {
      ...{ name: 'namespaces', singularName: 'namespace', namespaced: false, kind: 'Namespace' },
      ...{ verbs: verbs.filter(verb => verb !== 'deletecollection'), shortNames: ['ns'] },
    })
    const events = expected(200, await subject.client.get('/apis/events.k8s.io/v1'))
    assert.deepEqual([events.kind, events.apiVersion, events.groupVersion], ['APIResourceList', 'v1', 'events.k8s.io/v1'])
    assert.deepEqual(resource(events, 'events'), event)
    assert.deepEqual(resource(expected(200, await subject.client.get('/apis/apps/v1')), 'deployments'), {
      ...{ name: 'deployments', singularName: 'deployment', namespaced: true, kind: 'Deployment' },
      ...{ verbs, shortNames: ['deploy'], categories: ['all'] },
    })
  })

  test('paths that are not there', async () => {
    for (const path of ['/nowhere', '/apis/nowhere.io/v1', '/apis/nowhere.io']) {
      assert.deepEqual((await subject.client.get(path)).body, '404 page not found\n', path)
    }
    for (const path of [
      '/api/v1/nowhere',
      '/apis/events.k8s.io/v1/nowhere',
      '/api/v1/namespaces/default/nodes',
      '/api/v1/events/x',
      '/api/v2',
    ]) {
      assert.deepEqual(refusal(await subject.client.get(path)), {
        code: 404,
        reason: 'NotFound',
        message: 'the server could not find the requested resource',
      })
    }
    for (const [method, path] of [
      ['POST', '/api/v1/events'],
      ['DELETE', '/api/v1/events'],
      ['POST', '/api/v1/namespaces/default/events/a'],
    ] as const) {
      assert.equal(refusal(await subject.client.call(method, path, { body: {} })).code, 405, `${method} ${path}`)
    }
  })

  test('namespaces and nodes', async () => {
    const system = expected(200, await subject.client.get('/api/v1/namespaces/kube-system'))
    assert.deepEqual([system.kind, system.apiVersion, system.metadata.name], ['Namespace', 'v1', 'kube-system'])
    assert.match(system.metadata.uid, /^[0-9a-f-]{36}$/)
    const names = expected(200, await subject.client.get('/api/v1/namespaces')).items.map(
      (one: { metadata: { name: string } }) => one.metadata.name,
    )
    for (const name of ['default', 'kube-node-lease', 'kube-public', 'kube-system']) assert.ok(names.includes(name), name)
    assert.equal(refusal(await subject.client.get('/api/v1/namespaces/nowhere')).message, 'namespaces "nowhere" not found')
    const node = expected(201, await subject.client.post('/api/v1/nodes', { metadata: { name: 'node-1' } }))
    assert.equal(node.kind, 'Node')
    expected(200, await subject.client.get('/api/v1/nodes/node-1'))
    assert.equal(
      refusal(await subject.client.post('/api/v1/nodes', { metadata: { name: 'node-1' } })).message,
      'nodes "node-1" already exists',
    )
    assert.equal(
      refusal(await subject.client.get('/api/v1/nodes?fieldSelector=spec.foo%3D1')).message,
      'field label not supported: spec.foo',
    )
    const { metadata } = expected(201, await subject.client.post('/api/v1/namespaces', { metadata: { name: 'made-here' } }))
    assert.deepEqual(metadata.labels, { 'kubernetes.io/metadata.name': 'made-here' })
  })
}
