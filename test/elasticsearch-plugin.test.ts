// The plugin in kec's own host, against an HTTPS server that answers as Elasticsearch does.
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import type { Delivery, KubeEvent } from '@kec/plugin-api'
import { SinkState } from '@kec/plugin-api/host'
import elasticsearch from '@kec/plugin-elasticsearch'
import { normalise } from '../src/event.ts'
import { admit } from '../src/host/admit.ts'
import { Blocking } from '../src/host/blocking.ts'
import { MetricsRegistry } from '../src/host/metrics.ts'
import { setUpPlugins } from '../src/host/start.ts'
import { Authority } from './certificates.ts'
import { TlsServer } from './tls-server.ts'

const raw = { metadata: { uid: 'u', resourceVersion: '7', namespace: 'shop', name: 'web.17' }, type: 'Warning', reason: 'BackOff' }
const facts = { change: 'created', historical: false, occurrences: 1, epoch: 1 } as const
const event: KubeEvent = normalise(raw, facts, { name: 'prod', uid: 'c' })

/** Takes every template and every document, uncompressed. */
async function agreeable(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [action = '{}'] = (await text(request)).split('\n')
  const items = request.url?.startsWith('/_bulk') ? [{ create: { _id: JSON.parse(action).create._id, status: 201 } }] : []
  response.writeHead(200, { 'x-elastic-product': 'Elasticsearch', 'content-type': 'application/json' }).end(JSON.stringify({ items }))
}

async function host(t: TestContext, options: Parameters<typeof elasticsearch>[0]) {
  const said: string[] = []
  const keep = (message: string) => void said.push(message)
  const log = { debug: keep, info: keep, warn: keep, error: keep }
  const { entries, problems: refused } = await admit([elasticsearch({ compression: false, ...options })], {
    folder: import.meta.dirname,
    cwd: import.meta.dirname,
  })
  assert.deepEqual(refused, [])
  const services = {
    log,
    metrics: new MetricsRegistry(log).forPlugin('e', work => work()),
    state: new SinkState(new Map()),
    cluster: { name: 'prod' },
  }
  const { plugins, problems } = await setUpPlugins(entries, () => services, new Blocking(() => undefined))
  const [plugin] = plugins
  t.after(() => plugin?.hooks.onShutdown.promise({ signal: AbortSignal.any([]) }))
  return {
    said,
    problems,
    async deliver(): Promise<void> {
      const delivery: Delivery = { signal: AbortSignal.any([]), attempt: 1, replay: false, reject() {}, retry() {}, slowDown() {} }
      await plugin?.hooks.onEvent.promise([event], delivery)
    },
  }
}

test('TLS is verified: a CA of its own must be given, by the certificate or its fingerprint, or insecure said', async t => {
  const authority = new Authority()
  const leaf = authority.issue('server', { names: ['127.0.0.1'] })
  await using server = await TlsServer.start(agreeable, { ...leaf, cert: `${leaf.cert}${authority.ca}` })
  const node = server.url
  const { fingerprint256 } = new X509Certificate(authority.ca)

  const unknown = await host(t, { node, template: false })
  await assert.rejects(
    unknown.deliver(),
    /can't be reached: .*certificate.*\. Give its CA: ca: '\$\{file:\/etc\/kec\/ca\.pem\}', or caFingerprint/,
  )
  const other = await host(t, { node, template: false, ca: new Authority().ca })
  await assert.rejects(other.deliver(), /certificate/)
  const mistaken = await host(t, { node, template: false, caFingerprint: 'ab'.repeat(32) })
  await assert.rejects(mistaken.deliver(), /no certificate that it shows has the fingerprint in caFingerprint/)
  assert.deepEqual(server.requests, [])

  // Whoever knows the CA, which is no secret, can show it beside a certificate of his own.
  const forged = new Authority().issue('server', { names: ['127.0.0.1'] })
  await using impostor = await TlsServer.start(agreeable, { ...forged, cert: `${forged.cert}${authority.ca}` })
  const deceived = await host(t, { node: impostor.url, template: false, caFingerprint: fingerprint256 })
  await assert.rejects(deceived.deliver(), /can't be reached: .*certificate/)
  assert.deepEqual(impostor.requests, [])

  for (const trust of [
    { ca: authority.ca },
    { caFingerprint: fingerprint256 },
    { caFingerprint: fingerprint256.replaceAll(':', '').toLowerCase() },
    { insecure: true },
  ]) {
    const before: number = server.requests.length
    const { said, deliver } = await host(t, { node, template: false, ...trust })
    await deliver()
    assert.equal(/not verified/.test(said.join()), 'insecure' in trust)
    assert.equal(server.requests.length, before + 1, JSON.stringify(trust))
  }
})

test('ca replaces the usual CAs: whom they vouch for is not trusted beside it', async t => {
  await using server = await TlsServer.start(agreeable)
  const usual = getCACertificates()
  setDefaultCACertificates([...usual, server.authority.ca])
  t.after(() => setDefaultCACertificates(usual))
  const trusting = await host(t, { node: server.url, template: false })
  await trusting.deliver()
  const narrow = await host(t, { node: server.url, template: false, ca: new Authority('another').ca })
  await assert.rejects(narrow.deliver(), /certificate/)
  assert.equal(server.requests.length, 1)

  const bundle = `# Two of them.\n${new Authority('another').ca}${server.authority.ca}`
  const both = await host(t, { node: server.url, template: false, ca: bundle })
  await both.deliver()
  assert.equal(server.requests.length, 2)
})

test('a login over plain http: one warning at start, without the login', async t => {
  const { said } = await host(t, { node: 'http://es.invalid:9200', username: 'kec', password: 'correct-horse', template: false })
  assert.deepEqual(said, ['the login goes to es.invalid:9200 unencrypted: whoever is on the way can read it. Use https'])
})

test('a server that is down at start does not keep kec from starting; the template is there before the first event', async t => {
  await using server = await TlsServer.start((_, response) => void response.writeHead(503).end())
  const { said, problems, deliver } = await host(t, { node: server.url, ca: server.authority.ca })
  assert.deepEqual(problems, [])
  await assert.rejects(deliver(), /answers 503/)
  assert.match(said.join('\n'), /answers 503.*; kec tries again before the first events/)
  assert.ok(server.requests.every(({ path }) => path.startsWith('/_index_template')))

  server.answer = agreeable
  server.requests.length = 0
  await deliver()
  await deliver()
  assert.deepEqual(
    server.requests.map(({ path }) => path.replace(/\?.*/, '')),
    ['/_index_template', '/_index_template/kec-events-prod', '/_bulk', '/_bulk'],
  )
})
