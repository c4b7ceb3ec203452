// What the loki plugin's own package cannot ask: a `kec start` with it, TLS, and whether its lines are those of the log plugin.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { type TestContext, test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { gunzipSync } from 'node:zlib'
import { formatBatch } from '../plugins/log/src/line.ts'
import { Client } from '../plugins/loki/src/client.ts'
import { entryOf } from '../plugins/loki/src/entry.ts'
import { options } from '../plugins/loki/src/options.ts'
import { Authority } from './certificates.ts'
import { record } from './events.ts'
import { Kec, place, run } from './kec.ts'
import { listen } from './listen.ts'
import { ConnectProxy, TlsServer } from './tls-server.ts'

test('with `line: json` a line is what the log plugin writes', () => {
  const { event } = record(3)
  const entry = entryOf({ ...event, time: '2026-01-31T10:00:00Z' }, { job: 'kec' }, { line: 'json', structuredMetadata: false })
  const [, line] = JSON.parse(entry?.text ?? '')
  assert.equal(`${line}\n`, formatBatch([{ ...event, time: '2026-01-31T10:00:00Z' }], undefined).toString())
})

test('the certificate is verified: by the usual CAs, by those in ca alone, or not if told so', async t => {
  await using server = await TlsServer.start((_, response) => response.writeHead(204).end())
  const push = async (more: object) => {
    const client = new Client(options.parse({ url: server.url, ...more }))
    t.after(() => client.close())
    return (await client.push('{"streams":[]}', new AbortController().signal)).status
  }
  await assert.rejects(push({}), /certificate/)
  await assert.rejects(push({ ca: new Authority('another').ca }), /certificate/)
  assert.equal(server.requests.length, 0)
  const usual = getCACertificates()
  t.after(() => setDefaultCACertificates(usual))
  assert.deepEqual([await push({ ca: server.authority.ca }), await push({ insecure: true })], [204, 204])
  setDefaultCACertificates([...usual, server.authority.ca])
  assert.equal(await push({}), 204)
  await assert.rejects(push({ ca: new Authority('another').ca }), /certificate/, 'it replaces the usual CAs')
  assert.deepEqual(
    server.requests.map(({ path }) => path),
    Array(3).fill('/loki/api/v1/push'),
  )
})

test('by the proxy that the environment names, without losing TLS', async t => {
  await using server = await TlsServer.start((_, response) => response.writeHead(204).end())
  await using proxy = await ConnectProxy.start(server.port)
  const { env } = process
  t.after(() => {
    process.env = env
  })
  process.env = { ...env, https_proxy: `http://127.0.0.1:${proxy.port}`, no_proxy: 'elsewhere.test' }
  const client = new Client(options.parse({ url: `https://kec.test:${server.port}`, ca: server.authority.ca }))
  t.after(() => client.close())
  assert.equal((await client.push('{"streams":[]}', new AbortController().signal)).status, 204)
  assert.match(proxy.asked.join(), new RegExp(`^CONNECT kec.test:${server.port} `))
})

/**
 * Takes pushes as Loki does: keeps what is new enough, by time and line, even if it then refuses the others, whose time its answer says.
 * A push with the line `poison` it can't read, in words that no Loki has.
 */
async function startLoki(t: TestContext) {
  const stored = new Map<string, string>()
  const loki = { stored, pushes: 0, url: '' }
  const oldest = new Date(Date.now() - 3_600_000).toISOString().replace(/\.\d+/, '')
  const server = createServer(async (request, response) => {
    loki.pushes++
    const { streams } = JSON.parse(gunzipSync(Buffer.concat(await request.toArray())).toString())
    let refusals = /"poison"/.test(JSON.stringify(streams)) ? 'invalid something' : ''
    for (const { stream, values } of streams)
      for (const [time, line, { id }] of values) {
        if (refusals === 'invalid something') break
        const isOld = BigInt(time) < BigInt(Date.parse(oldest)) * 1_000_000n
        if (!isOld) stored.set(`${JSON.stringify(stream)} ${time} ${line}`, id)
        else refusals += `entry for stream '{job="kec"}' has timestamp too old: ${time}, oldest acceptable timestamp is: ${oldest}\n`
      }
    response.writeHead(refusals ? 400 : 204).end(refusals)
  })
  loki.url = `http://127.0.0.1:${await listen(t, server)}`
  return loki
}

test('kec start: alike events of one second are all stored, those that Loki refuses are dead letters with its words', async t => {
  const loki = await startLoki(t)
  const { sandbox, folder } = await place(t, { journal: { dir: 'journal' }, plugins: [{ use: 'loki', options: { url: loki.url } }] })
  const now = `${new Date().toISOString().slice(0, 19)}Z`
  for (let n = 0; n < 300; n++) {
    const involvedObject = { kind: 'Pod', namespace: 'default', name: `web-${n}` }
    const lastTimestamp = n % 100 === 50 ? '2026-01-31T10:00:00Z' : now
    sandbox.store.create({ metadata: { name: `event-${n}` }, involvedObject, message: 'Started container web', lastTimestamp })
  }
  const kec = new Kec(t, folder)
  await kec.until(() => loki.stored.size === 297)
  await kec.until(() => kec.log.filter(({ message }) => /put aside/.test(message)).length === 3)
  assert.equal(new Set(loki.stored.values()).size, 297)
  const { stdout } = await run(t, folder, 'dead-letters', 'list')
  assert.equal(stdout.match(/Loki refuses it: timestamp too old: its time is 2026-01-31T10:00:00Z/g)?.length, 3, stdout)
  assert.ok(loki.pushes <= 4, `${loki.pushes} pushes`)
})

test('kec start: an event that Loki refuses in unknown words stops nothing; one that comes alone is a dead letter as well', async t => {
  const loki = await startLoki(t)
  const { sandbox, folder } = await place(t, { journal: { dir: 'journal' }, plugins: [{ use: 'loki', options: { url: loki.url } }] })
  let made = 0
  const create = (message: string) => {
    const name = `event-${made++}`
    sandbox.store.create({ metadata: { name }, involvedObject: { kind: 'Pod', name }, message, lastTimestamp: new Date().toISOString() })
  }
  const kec = new Kec(t, folder)
  const putAside = (count: number) => kec.until(() => kec.log.filter(({ message }) => /put aside/.test(message)).length === count)
  for (const message of ['one', 'poison', 'two', 'poison', 'three']) create(message)
  await putAside(2)
  await kec.until(() => loki.stored.size === 3)
  create('poison')
  await putAside(3)
  create('four')
  await kec.until(() => loki.stored.size === 4)
  const { stdout } = await run(t, folder, 'dead-letters', 'list')
  assert.equal(stdout.match(/Loki at \S+ answers 400: invalid something/g)?.length, 3, stdout)
})
