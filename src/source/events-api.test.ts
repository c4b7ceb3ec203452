import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { ofEvents, Rig, until } from './fixture.ts'

/** The paths and selectors that were asked for, each once. */
function wire({ sandbox }: Rig, from = 0): readonly string[] {
  const asked = sandbox.requests.filter(({ resource }) => resource === 'events').slice(from)
  return [
    ...new Set(asked.map(({ path, query }) => [path, query.get('fieldSelector'), query.get('labelSelector')].filter(Boolean).join(' '))),
  ]
}

test('events.k8s.io/v1 is read, and core/v1 not asked', async () => {
  await using rig = await Rig.make()
  rig.start()
  await rig.caughtUp()
  assert.deepEqual(wire(rig), ['/apis/events.k8s.io/v1/events'])
  assert.equal(rig.stream.group, 'events.k8s.io/v1')
})

test('without a right to events.k8s.io, or without the group, core/v1 is read and stayed with', async () => {
  for (const code of [403, 404]) {
    await using rig = await Rig.make()
    const when = ({ group }: { group: string }) => group === 'events.k8s.io'
    const refused = rig.sandbox.faults.inject({ kind: 'answer', code }, { when, times: Number.POSITIVE_INFINITY })
    rig.create('a', { count: 3, message: 'text' })
    rig.start()
    await rig.caughtUp()
    rig.cut()
    rig.create('b')
    await rig.came('b')
    assert.deepEqual(wire(rig, 1), ['/api/v1/events', '/api/v1/namespaces/default/events metadata.name=a'])
    assert.equal(rig.stream.group, 'v1')
    assert.equal(refused.struck, 1)
    const [a] = rig.news
    assert.deepEqual([a?.name, a?.count, a?.message], ['a', 3, 'text'])
    assert.equal(rig.stream.failing, undefined)
  }
})

test('when both groups are refused, the missing right is named for both, and found when it is granted', async () => {
  for (const [verb, include] of [
    ['list', []],
    ['watch', ['default']],
  ] as const) {
    await using rig = await Rig.make()
    rig.create('a')
    const grant = rig.sandbox.deny({ verb, resource: 'events' })
    rig.start({ include })
    await until('the refusal', () => rig.stream.failing)
    const where = include.length === 0 ? 'in all namespaces' : 'in namespace default'
    const rights = `grant ${verb} events in apiGroup "events.k8s.io" ${where}, or ${verb} events in apiGroup "" ${where}`
    assert.ok(rig.stream.failing?.endsWith(rights), rig.stream.failing)
    assert.equal(rig.stream.connected, false)
    grant()
    await rig.caughtUp()
    assert.deepEqual(rig.names, ['a'])
    assert.equal(rig.stream.failing, undefined)
  }
})

test('refused credentials are named, and those of now are taken', async () => {
  await using rig = await Rig.make()
  rig.create('a')
  rig.start()
  await rig.caughtUp()
  rig.sandbox.token = 'another'
  rig.create('b')
  await rig.came('b') // an open watch goes on
  rig.cut()
  await until('the refusal', () => rig.stream.failures.unauthorized)
  assert.match(rig.stream.failing ?? '', /does not accept the credentials of .*kubeconfig/)
  writeFileSync(rig.kubeconfig, rig.sandbox.kubeconfig)
  rig.create('c')
  await rig.came('c')
  assert.deepEqual([rig.names, rig.stream.lists], [['a', 'b', 'c'], 1])
})

test('selectors are sent in the words of the group that is read, with every request', async () => {
  const selectors = { fieldSelector: 'involvedObject.kind=Pod,source!=kubelet', labelSelector: 'app=web' }
  const newer = 'regarding.kind=Pod,reportingController!=kubelet'
  const older = 'involvedObject.kind=Pod,source!=kubelet'
  for (const group of ['events.k8s.io/v1', 'v1']) {
    await using rig = await Rig.make()
    if (group === 'v1') rig.sandbox.deny({ group: 'events.k8s.io', resource: 'events' })
    const involvedObject = { kind: 'Pod', namespace: 'default', name: 'p', uid: '', apiVersion: 'v1', resourceVersion: '', fieldPath: '' }
    rig.sandbox.store.create({ metadata: { name: 'a', labels: { app: 'web' } }, involvedObject })
    rig.create('not-selected')
    rig.start({ ...selectors, timing: { silence: 10 } })
    await rig.caughtUp()
    rig.cut()
    await until('a check and a question', () => ['exact', 'named'].every(one => rig.asked().includes(one)))
    const path = group === 'v1' ? '/api/v1' : '/apis/events.k8s.io/v1'
    const words = group === 'v1' ? older : newer
    assert.deepEqual(wire(rig, group === 'v1' ? 1 : 0), [
      `${path}/events ${words} app=web`,
      `${path}/namespaces/default/events ${words},metadata.name=a app=web`,
    ])
    assert.deepEqual(rig.names, ['a'])
  }
})

test('selectors in the words of events.k8s.io are understood by core/v1', async () => {
  await using rig = await Rig.make()
  rig.sandbox.deny({ group: 'events.k8s.io', resource: 'events' })
  rig.start({ fieldSelector: 'regarding.kind=Pod, reportingController=kubelet' })
  await rig.caughtUp()
  assert.deepEqual(wire(rig, 1), ['/api/v1/events involvedObject.kind=Pod,reportingComponent=kubelet'])
})

test('an answer that is no Status is shown in part', async () => {
  await using rig = await Rig.make()
  rig.sandbox.faults.inject({ kind: 'garbage', bytes: `<html>${'x'.repeat(10_000)}` }, ofEvents)
  rig.sandbox.faults.inject({ kind: 'answer', code: 502 }, ofEvents)
  rig.start()
  await rig.caughtUp()
  assert.match(rig.warnings[0] ?? '', /answered 502: <html>x+$/)
  assert.ok((rig.warnings[0]?.length ?? 0) < 400)
})
