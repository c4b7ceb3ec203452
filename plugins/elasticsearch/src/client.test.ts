import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { listen } from '../../../test/listen.ts'
import { clientOptions, connect, readableLogins } from './client.ts'
import { fakeServer, parsed } from './fixture.ts'

type Given = Parameters<typeof parsed>[0]

/** What goes out when Elasticsearch is asked with these options. */
async function sent(t: TestContext, given: object, credentials = '') {
  const { url, asked } = await fakeServer(t, () => ({ body: {} }))
  const elasticsearch = await connect(parsed({ node: url.replace('://', `://${credentials}`), ...given }))
  t.after(() => elasticsearch.close())
  await elasticsearch.request({ method: 'POST', path: '/_bulk', lines: '{}\n', needed: 'nothing' })
  const [only] = asked
  return only ?? assert.fail('nothing was asked')
}

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

test('who kec is: an API key, a name and password, or what stands in the address', async t => {
  assert.equal((await sent(t, {})).headers.authorization, undefined)
  assert.equal((await sent(t, { apiKey: 'aWQ6a2V5' })).headers.authorization, 'ApiKey aWQ6a2V5')
  assert.equal((await sent(t, { username: 'kec', password: 'pä:ss' })).headers.authorization, basic('kec:pä:ss'))
  assert.equal((await sent(t, {}, 'kec:p%40ss@')).headers.authorization, basic('kec:p@ss'))
  assert.equal((await sent(t, { apiKey: 'aWQ6a2V5' }, 'kec:p@')).headers.authorization, 'ApiKey aWQ6a2V5')
})

test('headers of the operator; media types that any version of Elasticsearch knows; no telemetry', async t => {
  const { headers } = await sent(t, { headers: { 'X-Tenant': 'shop' } })
  assert.equal(headers['x-tenant'], 'shop')
  assert.equal(headers['user-agent'], 'kec')
  assert.equal(headers['content-type'], 'application/x-ndjson')
  assert.equal(headers.accept, 'application/json')
  assert.equal(headers['x-elastic-client-meta'], undefined)
})

test('compression can be turned off', async t => {
  assert.equal((await sent(t, {})).headers['content-encoding'], 'gzip')
  assert.equal((await sent(t, { compression: false })).headers['content-encoding'], undefined)
})

test('a cloud ID is the address of the deployment', async () => {
  const cloudId = `prod:${Buffer.from('eu.cloud.example$abc$def').toString('base64')}`
  const { Client } = await import('@elastic/elasticsearch')
  const client = new Client(clientOptions(parsed({ cloudId, apiKey: 'aWQ6a2V5' })))
  assert.deepEqual(
    client.connectionPool.connections.map(({ url }) => url.href),
    ['https://abc.eu.cloud.example/'],
  )
  await client.close()
})

test('several nodes take turns, one that is down aside', async t => {
  const up = await fakeServer(t, () => ({ body: {} }))
  const elasticsearch = await connect(parsed({ node: ['http://127.0.0.1:1', up.url] }))
  t.after(() => elasticsearch.close())
  const answers = []
  for (let i = 0; i < 10; i++)
    answers.push(
      await elasticsearch.request({ method: 'GET', path: '/', needed: '' }).then(
        () => 'up',
        ({ message }) => message,
      ),
    )
  assert.ok(answers.filter(answer => answer === 'up').length >= 5, answers.join())
  assert.ok(answers.includes("Elasticsearch can't be reached: connect ECONNREFUSED 127.0.0.1:1"), answers.join())
})

test('a server that hangs: the request ends by itself', { timeout: 20_000 }, async t => {
  const { url } = await fakeServer(t, () => new Promise(() => undefined))
  const elasticsearch = await connect(parsed({ node: url, timeout: 50 }))
  t.after(() => elasticsearch.close())
  await assert.rejects(elasticsearch.request({ method: 'GET', path: '/', needed: '' }), /has not answered within 50 ms \(option timeout\)/)
})

test('a redirect is no answer, and is not followed', async t => {
  const { url, asked } = await fakeServer(t, () => ({ status: 307, body: '', headers: { location: '/elsewhere' } }))
  const elasticsearch = await connect(parsed({ node: url, apiKey: 'aWQ6a2V5' }))
  t.after(() => elasticsearch.close())
  await assert.rejects(
    elasticsearch.request({ method: 'GET', path: '/_index_template', needed: '' }),
    /points elsewhere \(307\): correct node/,
  )
  assert.equal(asked.length, 1)
})

test('a small answer that unpacks into gigabytes is not unpacked', async t => {
  const part = gzipSync(Buffer.alloc(64 * 1024 * 1024, ' '))
  const server = createServer((request, response) => {
    assert.equal(request.headers['accept-encoding'], 'identity')
    const headers = { 'x-elastic-product': 'Elasticsearch', 'content-type': 'application/json', 'content-encoding': 'gzip' }
    response.writeHead(200, headers).end(Buffer.concat([part, part]))
  })
  const elasticsearch = await connect(parsed({ node: `http://127.0.0.1:${await listen(t, server)}` }))
  t.after(() => elasticsearch.close())
  await assert.rejects(elasticsearch.request({ method: 'GET', path: '/', needed: '' }), /far more than was asked for/)
})

test('a password in the address is in no error', async () => {
  const given = parsed({ node: 'http://kec:correct-horse@127.0.0.1:1' })
  assert.deepEqual(clientOptions(given).nodes, ['http://127.0.0.1:1/'])
  const elasticsearch = await connect(given)
  await assert.rejects(elasticsearch.request({ method: 'GET', path: '/', needed: '' }), error => !String(error).includes('horse'))
  await elasticsearch.close()
})

test('a login that goes over a network unencrypted', () => {
  const readable = (given: Given) => readableLogins(parsed(given))
  const key = { apiKey: 'aWQ6a2V5' }
  for (const login of [key, { username: 'kec', password: 'a' }, { headers: { Authorization: 'Bearer a' } }])
    assert.deepEqual(readable({ node: 'http://es:9200', ...login }), ['es:9200'])
  assert.deepEqual(readable({ node: ['http://kec:a@es-1', 'http://es-2', 'https://kec:a@es-3'] }), ['es-1'])
  assert.deepEqual(readable({ node: ['https://es', 'http://es-2:1', 'http://127.0.0.1.example.org'], ...key }), [
    'es-2:1',
    '127.0.0.1.example.org',
  ])
  for (const host of ['localhost', 'es.localhost:9200', '127.0.0.1:9200', '127.1', '[::1]'])
    assert.deepEqual(readable({ node: `http://${host}`, ...key }), [], host)
  assert.deepEqual(readable({ node: 'http://es' }), [])
  assert.deepEqual(readable({ cloudId: 'a:b', ...key }), [])
})

const node = 'https://es:9200'
const wrong: [given: Given, path: string, message: RegExp][] = [
  [{}, 'node', /is missing; give the address/],
  [{ node: 'es:9200' }, 'node', /must be an address/],
  [{ node: [] }, 'node', /must name a node/],
  [{ node, cloudId: 'a:b' }, 'cloudId', /beside node/],
  [{ node, stream: 'a', index: 'b' }, 'index', /beside stream/],
  [{ node, stream: 'Events' }, 'stream', /must be a name that Elasticsearch takes/],
  [{ node, index: 'e-{dd}' }, 'index', /must be an index name/],
  [{ node, username: 'a' }, 'password', /is missing/],
  [{ node, password: 'a' }, 'username', /is missing/],
  [{ node, apiKey: 'a', username: 'b', password: 'c' }, 'username', /beside apiKey/],
  [{ node, ca: '/etc/kec/ca.pem' }, 'ca', /must be certificates in PEM, not a path: '\$\{file:\/etc\/kec\/ca\.pem\}'/],
  [{ node, ca: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' }, 'ca', /must be certificates in PEM/],
  [{ node, ca: 'a', caFingerprint: 'ab'.repeat(32) }, 'caFingerprint', /beside ca/],
  [{ node, insecure: true, caFingerprint: 'ab'.repeat(32) }, 'caFingerprint', /beside insecure/],
  [{ cloudId: 'a:b', caFingerprint: 'ab'.repeat(32) }, 'caFingerprint', /beside cloudId/],
  [{ node, caFingerprint: 'ab' }, 'caFingerprint', /64 hexadecimal/],
  [{ node, retention: '30 days' }, 'retention', /must be a time/],
]

for (const [given, path, message] of wrong)
  test(`options ${JSON.stringify(given)}: ${path}`, () => {
    assert.throws(() => parsed(given), message)
    assert.throws(() => parsed(given), new RegExp(`"path": \\[\\s*"${path}"`))
  })
