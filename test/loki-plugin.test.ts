// What the loki plugin's own package cannot ask: TLS, and whether its lines are those of the log plugin.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatBatch } from '../plugins/log/src/line.ts'
import { Client } from '../plugins/loki/src/client.ts'
import { entryOf } from '../plugins/loki/src/entry.ts'
import { options } from '../plugins/loki/src/options.ts'
import { Authority } from './certificates.ts'
import { record } from './events.ts'
import { ConnectProxy, TlsServer } from './tls-server.ts'

test('with `line: json` a line is what the log plugin writes', () => {
  const { event } = record(3)
  const entry = entryOf({ ...event, time: '2026-01-31T10:00:00Z' }, { job: 'kec' }, { line: 'json', structuredMetadata: false })
  const [, line] = JSON.parse(entry?.text ?? '')
  assert.equal(`${line}\n`, formatBatch([{ ...event, time: '2026-01-31T10:00:00Z' }], undefined).toString())
})

test('the certificate is verified: by the own CA, and not if told so', async t => {
  await using server = await TlsServer.start((_, response) => response.writeHead(204).end())
  const push = async (more: object) => {
    const client = new Client(options.parse({ url: server.url, ...more }))
    t.after(() => client.close())
    return (await client.push('{"streams":[]}', new AbortController().signal)).status
  }
  await assert.rejects(push({}), /certificate/)
  await assert.rejects(push({ ca: new Authority('another').ca }), /certificate/)
  assert.equal(server.requests.length, 0)
  assert.deepEqual([await push({ ca: server.authority.ca }), await push({ insecure: true })], [204, 204])
  assert.deepEqual(
    server.requests.map(({ path }) => path),
    ['/loki/api/v1/push', '/loki/api/v1/push'],
  )
})

test('by the proxy that the environment names, without losing TLS', async t => {
  await using server = await TlsServer.start((_, response) => response.writeHead(204).end())
  await using proxy = await ConnectProxy.start(server.port)
  const { HTTPS_PROXY, NO_PROXY } = process.env
  t.after(() => {
    for (const [name, value] of Object.entries({ HTTPS_PROXY, NO_PROXY })) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  })
  Object.assign(process.env, { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`, NO_PROXY: 'elsewhere.test' })
  const client = new Client(options.parse({ url: `https://kec.test:${server.port}`, ca: server.authority.ca }))
  t.after(() => client.close())
  assert.equal((await client.push('{"streams":[]}', new AbortController().signal)).status, 204)
  assert.match(proxy.asked.join(), new RegExp(`^CONNECT kec.test:${server.port} `))
})
