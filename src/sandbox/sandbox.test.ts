import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { afterEach, beforeEach, test } from 'node:test'
import { Client } from '../../test/contract/client.ts'
import { namesOf } from '../../test/contract/place.ts'
import { brief, Stream } from '../../test/contract/stream.ts'
import { type Sandbox, startSandbox } from './sandbox.ts'

// What an API server does is in test/contract; here is what only the sandbox can do.

let sandbox: Sandbox
let client: Client
const events = '/apis/events.k8s.io/v1/events'

beforeEach(async () => {
  sandbox = await startSandbox()
  client = new Client(sandbox)
})
afterEach(async () => {
  await client.close()
  await sandbox.close()
})

const watch = (query = '') => Stream.open(client, `${events}?watch=1${query}`)

test('what is done in process arrives in lists and watches', async () => {
  sandbox.store.create({ metadata: { name: 'a' }, reason: 'Pulled', involvedObject: { kind: 'Pod' } })
  const listed = await client.get(events)
  assert.equal(listed.body.items[0].regarding.kind, 'Pod')
  assert.equal(listed.body.metadata.resourceVersion, sandbox.store.head)
  const stream = await watch(`&resourceVersion=${sandbox.store.head}`)
  const { metadata } = sandbox.store.update('a', { count: 2 })
  sandbox.store.create({ metadata: { name: 'b', namespace: 'kube-system' } })
  sandbox.store.delete('a')
  const frames = await stream.take(3)
  assert.deepEqual(frames.map(brief), [
    `MODIFIED a@${metadata.resourceVersion}`,
    `ADDED b@${BigInt(metadata.resourceVersion) + 1n}`,
    `DELETED a@${BigInt(metadata.resourceVersion) + 2n}`,
  ])
  assert.equal(sandbox.store.get('a'), undefined)
  assert.deepEqual(
    sandbox.store.list().map(({ metadata: { name } }) => name),
    ['b'],
  )
  assert.throws(() => sandbox.store.create({ metadata: { name: 'b', namespace: 'kube-system' } }), /there already/)
  assert.throws(() => sandbox.store.update('a', {}), /no event default\/a/)
})

test('events that are deleted together share one version, as with a TTL', async () => {
  for (const name of ['a', 'b', 'c']) sandbox.store.create({ metadata: { name } })
  const stream = await watch(`&resourceVersion=${sandbox.store.head}`)
  sandbox.store.delete(['a', 'c', 'none'])
  assert.deepEqual((await stream.take(2)).map(brief), [`DELETED a@${sandbox.store.head}`, `DELETED c@${sandbox.store.head}`])
})

test('versions beyond what a JavaScript number can hold', async () => {
  await using big = await startSandbox({ revision: 2n ** 60n })
  const { metadata } = big.store.create({ metadata: { name: 'a' } })
  const bigClient = new Client(big)
  const { body } = await bigClient.get(`${events}?limit=1&resourceVersion=${metadata.resourceVersion}&resourceVersionMatch=Exact`)
  assert.equal(body.items[0].metadata.resourceVersion, metadata.resourceVersion)
  assert.ok(BigInt(metadata.resourceVersion) > 2n ** 60n)
  await bigClient.close()
})

test('a history that was replaced: open watches are silent until their version is passed', async () => {
  for (const name of ['a', 'b', 'c']) sandbox.store.create({ metadata: { name } })
  const before = BigInt(sandbox.store.head)
  const stream = await watch(`&resourceVersion=${before}`)
  sandbox.replaceHistory(before - 2n)
  assert.deepEqual((await client.get(events)).body.items, [])
  const namespaces = await client.get('/api/v1/namespaces')
  assert.equal(namespaces.body.metadata.resourceVersion, String(before), 'only the events lost their etcd')
  const exact = await client.get(`${events}?resourceVersion=${before}&resourceVersionMatch=Exact`)
  assert.equal(exact.status, 504)
  for (const name of ['d', 'e', 'f']) sandbox.store.create({ metadata: { name } })
  assert.deepEqual((await stream.take(1)).map(brief), [`ADDED f@${before + 1n}`])
})

test('an open watch misses nothing when history is compacted at once', async () => {
  sandbox.store.create({ metadata: { name: 'a' } })
  const stream = await watch(`&resourceVersion=${sandbox.store.head}`)
  const versions = [2, 3, 4].map(count => sandbox.store.update('a', { count }).metadata.resourceVersion)
  sandbox.compact()
  assert.deepEqual(
    (await stream.take(3)).map(brief),
    versions.map(version => `MODIFIED a@${version}`),
  )
})

test('bookmarks come if they are switched on, to those who allow them', async () => {
  await using marking = await startSandbox({ bookmarkEvery: 5 })
  const itsClient = new Client(marking)
  const stream = await Stream.open(itsClient, `${events}?watch=1&allowWatchBookmarks=true`)
  const [{ type, object } = assert.fail()] = await stream.take(1)
  assert.deepEqual(
    [type, object],
    ['BOOKMARK', { kind: 'Event', apiVersion: 'events.k8s.io/v1', metadata: { resourceVersion: marking.store.head } }],
  )
  stream.close()
  await itsClient.close()
})

test('faults before the answer strike the chosen requests, as often as told', async () => {
  const lists = (asked: { verb: string | undefined }) => asked.verb === 'list'
  const pending = sandbox.faults.inject({ kind: 'answer', code: 429, retryAfter: 7 }, { when: lists, times: 2 })
  assert.equal((await client.get('/api')).status, 200)
  for (const struck of [1, 2]) {
    const { status, headers, body } = await client.get(events)
    assert.deepEqual([status, headers['retry-after'], body.reason, pending.struck], [429, '7', 'TooManyRequests', struck])
  }
  assert.equal((await client.get(events)).status, 200)

  sandbox.faults.inject({ kind: 'drop' })
  await assert.rejects(client.get(events), { code: /ECONNRESET|UND_ERR_SOCKET/ })

  sandbox.faults.inject({ kind: 'hang' })
  await assert.rejects(client.call('GET', events, { signal: AbortSignal.timeout(50) }), { name: 'TimeoutError' })

  sandbox.faults.inject({ kind: 'delay', ms: 1 })
  sandbox.faults.inject({ kind: 'answer', code: 500 }, { times: 9 }).remove()
  assert.equal((await client.get(events)).status, 200)
})

test('faults in the body: truncated at a byte, garbage before it', async () => {
  sandbox.store.create({ metadata: { name: 'a' } })
  const whole = (await client.call('GET', `${events}?limit=1`)).body
  sandbox.faults.inject({ kind: 'truncate', bytes: 40 })
  const { body } = await client.open('GET', `${events}?limit=1`)
  let text = ''
  await assert.rejects(async () => {
    for await (const bytes of body) text += bytes
  })
  assert.equal(text, JSON.stringify(whole).slice(0, 40))

  sandbox.faults.inject({ kind: 'garbage', bytes: 'not json\n' })
  assert.match((await client.get(events)).body, /^not json\n\{/)
})

test('faults in a watch: rewound, an ERROR after so many frames', async () => {
  sandbox.store.create({ metadata: { name: 'a' } })
  const first = sandbox.store.head
  const second = sandbox.store.update('a', { count: 2 }).metadata.resourceVersion
  sandbox.faults.inject({ kind: 'rewind', changes: 2 })
  const again = await watch(`&resourceVersion=${second}`)
  assert.deepEqual((await again.take(2)).map(brief), [`ADDED a@${first}`, `MODIFIED a@${second}`])

  sandbox.faults.inject({ kind: 'error', code: 500 })
  const broken = await (await watch(`&resourceVersion=${second}`)).rest()
  assert.deepEqual(
    broken.map(({ type, object }) => [type, object.code]),
    [['ERROR', 500]],
  )

  sandbox.faults.inject({ kind: 'error', code: 410, after: 1 })
  const late = await (await watch('&resourceVersion=0')).rest()
  assert.deepEqual(
    late.map(({ type, object }) => [type, object.code]),
    [
      ['ADDED', undefined],
      ['ERROR', 410],
    ],
  )
})

test('open watches can be cut, ended, and made to say anything', async () => {
  const stream = await watch(`&resourceVersion=${sandbox.store.head}`)
  const [open = assert.fail()] = sandbox.watches
  open.send('MODIFIED', { metadata: { name: 'stale', resourceVersion: '1' } })
  open.sendBytes('{"type":"ADDED","object":{"meta')
  open.sendBytes('data":{"name":"half","resourceVersion":"2"}}}\n')
  assert.deepEqual((await stream.take(2)).map(brief), ['MODIFIED stale@1', 'ADDED half@2'])
  open.end()
  assert.deepEqual(await stream.rest(), [])
  const other = await watch()
  const [last = assert.fail()] = sandbox.watches
  last.cut()
  await assert.rejects(other.rest())
  assert.equal(sandbox.watches.size, 0)
})

test('a watch that nobody reads is cut before it fills the memory', async () => {
  const { body } = await client.open('GET', `${events}?watch=1&resourceVersion=${sandbox.store.head}`)
  body.on('error', () => undefined)
  const message = 'x'.repeat(1_000_000)
  let written = 0
  while (sandbox.watches.size > 0) {
    sandbox.store.create({ metadata: { name: `e${written++}` }, message })
    await new Promise(done => setImmediate(done))
    assert.ok(written < 200)
  }
  assert.ok(written > 60, String(written))
})

test('a new token makes the old one 401; a denial is 403 until it is taken back', async () => {
  const stream = await watch(`&resourceVersion=${sandbox.store.head}`)
  const old = sandbox.token
  sandbox.token = 'new'
  assert.equal((await client.call('GET', events, { token: old })).status, 401)
  assert.equal((await client.call('GET', events, { token: 'new' })).status, 200)
  sandbox.store.create({ metadata: { name: 'a' } })
  assert.equal((await stream.take(1)).length, 1)

  const allow = sandbox.deny({ group: 'events.k8s.io', verb: 'list' })
  const { status, body } = await client.call('GET', events, { token: 'new' })
  assert.equal(status, 403)
  assert.equal(
    body.message,
    'events.events.k8s.io is forbidden: User "sandbox" cannot list resource "events" in API group "events.k8s.io" at the cluster scope',
  )
  assert.equal((await client.call('GET', '/api/v1/events', { token: 'new' })).status, 200)
  allow()
  assert.equal((await client.call('GET', events, { token: 'new' })).status, 200)
})

test('objects of any kind can be added, kinds of CRDs too', async () => {
  sandbox.register({
    group: 'kec.dev',
    version: 'v1',
    kind: 'Widget',
    resource: 'widgets',
    singular: 'widget',
    shortNames: ['wd'],
    namespaced: true,
  })
  sandbox.add('widgets', { name: 'w', namespace: 'default', spec: { size: 3 } })
  sandbox.add('pods', { name: 'web', namespace: 'default', metadata: { uid: 'u-1', labels: { app: 'web' } } })
  const { metadata } = (await client.get('/api/v1/namespaces/default/pods/web')).body
  assert.deepEqual([metadata.uid, metadata.labels], ['u-1', { app: 'web' }])
  const { body } = await client.get('/apis/kec.dev/v1/namespaces/default/widgets/w')
  assert.deepEqual([body.kind, body.apiVersion, body.spec], ['Widget', 'kec.dev/v1', { size: 3 }])
  assert.deepEqual((await client.get('/apis/kec.dev/v1')).body.resources[0].shortNames, ['wd'])
  assert.deepEqual(namesOf((await client.get('/api/v1/pods')).body), ['web'])
  assert.throws(() => sandbox.add('events', { name: 'e' }), /no kind events/)
})

test('the log of requests, and the kubeconfig', async () => {
  await client.get(`${events}?limit=5`)
  const asked = sandbox.requests.at(-1) ?? assert.fail()
  assert.deepEqual(
    [asked.method, asked.path, asked.query.get('limit'), asked.verb, asked.group, asked.resource, asked.namespace, asked.token],
    ['GET', events, '5', 'list', 'events.k8s.io', 'events', '', sandbox.token],
  )
  await using forgetful = await startSandbox({ keepRequests: 2 })
  const other = new Client(forgetful)
  for (const path of ['/api', '/apis', '/version']) await other.get(path)
  await other.close()
  assert.deepEqual(
    forgetful.requests.map(({ path }) => path),
    ['/apis', '/version'],
  )
  const config = JSON.parse(sandbox.kubeconfig)
  assert.equal(config.clusters[0].cluster.server, sandbox.url)
  assert.equal(config.users[0].user.token, sandbox.token)
})

test('requests that are none end their own connection only', async () => {
  for (const target of ['//', 'http://[', '/api/v1/namespaces/%ff/events']) {
    const socket = connect(Number(new URL(sandbox.url).port), '127.0.0.1')
    socket.end(`GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer ${sandbox.token}\r\n\r\n`)
    let answer = ''
    for await (const bytes of socket) answer += bytes
    assert.match(answer, /^$|^HTTP\/1.1 400/, target)
  }
  assert.equal((await client.get(events)).status, 200)
})

test('no token is let in where that is asked for', async () => {
  await using open = await startSandbox({ anonymous: true })
  const anyone = new Client(open)
  assert.equal((await anyone.call('GET', events, { token: '' })).status, 200)
  assert.equal((await anyone.call('GET', events, { token: 'wrong' })).status, 401)
  await anyone.close()
})
