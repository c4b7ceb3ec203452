import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Client } from '../../test/contract/client.ts'
import { generating, kecGenerate, type Shop } from '../../test/generate.ts'
import { playing } from '../../test/scenarios.ts'
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts'

let sandbox: Sandbox
let shop: Shop
const folder = mkdtempSync(join(tmpdir(), 'kec-generate-'))

before(async () => {
  sandbox = await startSandbox()
  const names = { group: 'acme.test', version: 'v1', kind: 'Widget', resource: 'widgets', singular: 'widget', shortNames: ['wd'] }
  sandbox.register({ ...names, namespaced: true })
  sandbox.add('namespaces', { name: 'shop' })
  sandbox.add('pods', { name: 'web-0', namespace: 'shop' })
  sandbox.add('deployments', { name: 'web', namespace: 'shop' })
  sandbox.add('widgets', { name: 'w1', namespace: 'shop' })
  sandbox.add('nodes', { name: 'worker-1' })
  const kubeconfig = join(folder, 'kubeconfig')
  writeFileSync(kubeconfig, sandbox.kubeconfig)
  shop = { client: new Client(sandbox), kubeconfig }
})
after(async () => {
  await shop.client.close()
  await sandbox.close()
  rmSync(folder, { recursive: true })
})

generating(() => shop)
playing(() => shop)

const generate = (...args: string[]) => kecGenerate(shop.kubeconfig, ...args)
const creates = ({ verb, resource }: { verb: string | undefined; resource: string }) => verb === 'create' && resource === 'events'
const createdWith = (reason: string) => sandbox.store.list().filter(event => event.reason === reason).length

test('an API server that is too busy is asked again', async () => {
  const busy = sandbox.faults.inject({ kind: 'answer', code: 429, retryAfter: 0.01 }, { when: creates, times: 3 })
  const { code } = await generate('--count', '5', '--reason', 'Busy')
  assert.deepEqual([code, busy.struck, createdWith('Busy')], [0, 3, 5])
})

test('an API server that refuses in the midst of it: what was created is said, and why it is not all', async () => {
  const inTheMidst = (asked: Parameters<typeof creates>[0]) => creates(asked) && createdWith('Refused') >= 30
  sandbox.faults.inject({ kind: 'answer', code: 500, message: 'out of order' }, { when: inTheMidst })
  const { code, stdout, stderr } = await generate('--count', '1000', '--reason', 'Refused')
  assert.equal(code, 1)
  assert.ok(createdWith('Refused') < 100, 'only what was under way comes after it')
  assert.match(stdout, new RegExp(`^Created ${createdWith('Refused')} of 1000 events: `))
  assert.match(stderr, /KEC_GENERATE: the API server refuses the event: out of order/)
})

test('Ctrl-C ends it with what was created', async () => {
  const running = generate('--count', '100000', '--reason', 'Endless')
  while (createdWith('Endless') < 10) await new Promise(setImmediate)
  process.emit('SIGINT')
  const { code, stdout, stderr } = await running
  assert.deepEqual([code, stderr], [130, ''])
  assert.match(stdout, new RegExp(`^Created ${createdWith('Endless')} of 100000 events: `))
  assert.equal(process.listenerCount('SIGINT'), 0)
})

test('Ctrl-C while it waits for its turn', async () => {
  const running = generate('--count', '2', '--rate', '0.001', '--reason', 'Slow')
  while (createdWith('Slow') < 1) await new Promise(setImmediate)
  process.emit('SIGINT')
  assert.deepEqual((await running).code, 130)
  assert.equal(createdWith('Slow'), 1)
})

test('Ctrl-C ends a scenario with what was written', async () => {
  const before = sandbox.store.list().length
  const running = generate('--scenario', 'crash-loop', '--namespace', 'shop', '--speed', '1000')
  while (sandbox.store.list().length < before + 10) await new Promise(setImmediate)
  process.emit('SIGINT')
  const { code, stdout, stderr } = await running
  assert.deepEqual([code, stderr], [130, ''])
  assert.match(stdout, new RegExp(`\nCreated ${sandbox.store.list().length - before} events, updated `))
  assert.equal(process.listenerCount('SIGINT'), 0)
})

test('an API server that refuses in the midst of a scenario: at once, with what was written before', async () => {
  const before = sandbox.store.list().length
  const inTheMidst = (asked: Parameters<typeof creates>[0]) => creates(asked) && sandbox.store.list().length >= before + 3
  sandbox.faults.inject({ kind: 'answer', code: 500, message: 'out of order' }, { when: inTheMidst, times: 1 })
  const { code, stdout, stderr } = await generate('--scenario', 'rollout', '--namespace', 'shop')
  assert.equal(code, 1)
  assert.match(stdout, new RegExp(`\nCreated ${sandbox.store.list().length - before} events, updated 0 times: `))
  assert.match(stderr, /KEC_GENERATE: the API server refuses the event: out of order/)
})

test('a missing right is named', async () => {
  const allow = sandbox.deny({ verb: 'create', resource: 'events' })
  const { code, stderr } = await generate()
  allow()
  assert.equal(code, 1)
  assert.match(stderr, /KEC_CLUSTER: a right is missing: .*cannot create resource "events" in API group "events\.k8s\.io"/)
})

test('a group whose own server is out of order hides no other kind', async () => {
  const discovery = ({ path }: { path: string }) => path === '/apis/acme.test/v1'
  sandbox.faults.inject({ kind: 'answer', code: 503 }, { when: discovery, times: 2 })
  assert.equal((await generate('--kind', 'deploy', '--name', 'web', '--namespace', 'shop')).code, 0)
  assert.match((await generate('--kind', 'widgets', '--name', 'w1')).stderr, /no kind "widgets"/)
})
