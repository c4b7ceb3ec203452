import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { type KubeEvent, PLUGIN } from '@kec/plugin-api'
import { conform, type System, startTestHost, testEvent, testEvents } from '@kec/plugin-api/testing'
import webhook from './index.ts'
import { sign, verify } from './signature.ts'

const secret = 'a-secret-of-this-test'

interface Request {
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** The reasons of the events in it. */
  readonly reasons: readonly string[]
}

/** The plugin in a test host, and a receiver that answers like this. */
async function posting(t: TestContext, answer: (request: Request, response: ServerResponse) => void, options: { secret?: string } = {}) {
  const requests: Request[] = []
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    const posted = { headers: request.headers, body, reasons: JSON.parse(body).map(({ reason }: KubeEvent) => reason) }
    requests.push(posted)
    answer(posted, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on TCP
  const url = `http://127.0.0.1:${port}/hooks/path-that-is-a-secret`
  const kec = await startTestHost(webhook({ url, ...options }))
  t.after(async () => {
    server.closeAllConnections()
    server.close()
    await kec.stop()
  })
  return { kec, requests, server, receiver: `the webhook at http://127.0.0.1:${port}` }
}

const answering =
  (status: number, headers: Record<string, string> = {}) =>
  (_: Request, response: ServerResponse) =>
    void response.writeHead(status, headers).end('an answer that nobody reads')

const reasons = (events: readonly KubeEvent[]) => events.map(({ reason }) => reason)
const three = testEvents(3, n => ({ reason: `R${n}` }))

test('posts a batch as a JSON array, unsigned without a secret', async t => {
  const { kec, requests } = await posting(t, answering(204))
  kec.feed(...three)
  await kec.settled()
  assert.deepEqual(
    requests.map(({ body }) => body),
    [JSON.stringify(three)],
  )
  assert.equal(requests[0]?.headers['content-type'], 'application/json')
  assert.equal('kec-signature' in (requests[0]?.headers ?? {}), false)
  assert.deepEqual(kec.delivered, three)
})

test('with a secret each request proves whom it is from, and when it was sent', async t => {
  const { kec, requests } = await posting(t, answering(204), { secret })
  kec.feed(testEvent({ message: 'ünïcode' }))
  await kec.settled()
  const { headers, body } = requests[0] ?? assert.fail('nothing was posted')
  assert.ok(verify(secret, headers, body))
  assert.ok(!verify('another-secret-of-16', headers, body))
  assert.ok(!verify(secret, headers, body.replace('Warning', 'Normal')))
  assert.ok(!verify(secret, { ...headers, 'kec-timestamp': String(Number(headers['kec-timestamp']) + 1) }, body))
  assert.ok(!verify(secret, { ...headers, 'kec-signature': 'v1=' }, body))
  assert.ok(!verify(secret, {}, body))
  const old = String(Math.floor(Date.now() / 1000) - 600)
  assert.ok(!verify(secret, { 'kec-timestamp': old, 'kec-signature': sign(secret, old, body) }, body), 'an old one, sent again')
})

for (const status of [429, 503])
  test(`${status} with Retry-After: the same events again, and not before`, async t => {
    let refusals = 1
    const { kec, requests, receiver } = await posting(t, (request, response) =>
      refusals-- > 0 ? answering(status, { 'retry-after': '120' })(request, response) : answering(204)(request, response),
    )
    kec.feed(...three)
    await kec.advance(119_000)
    assert.deepEqual([requests.length, kec.pending], [1, 3])
    assert.equal(kec.handovers[0]?.error?.message, `${receiver} answered ${status}`)
    await kec.advance(2_000)
    assert.equal(requests[1]?.body, requests[0]?.body)
    assert.deepEqual(kec.delivered, three)
  })

test('Retry-After may be a date; an hour is the longest that is heeded, nonsense is not', async t => {
  const after = [new Date(Date.now() + 600_000).toUTCString(), '999999', 'soon', new Date(0).toUTCString()]
  const { kec, requests } = await posting(t, (request, response) => {
    const wait = after.shift()
    answering(wait === undefined ? 204 : 503, wait === undefined ? {} : { 'retry-after': wait })(request, response)
  })
  kec.feed(...three)
  await kec.advance(590_000)
  assert.equal(requests.length, 1)
  await kec.advance(3_600_000)
  assert.equal(requests.length, 2)
  await kec.advance(200_000) // what is left of the hour, and two times of kec's own backoff
  assert.deepEqual([requests.length, kec.pending], [5, 0])
})

for (const status of [301, 401, 404, 500])
  test(`${status}: nothing is put aside for what the events are not to blame for`, async t => {
    const { kec, requests } = await posting(t, answering(status, { location: '/elsewhere' }))
    kec.feed(...three)
    await kec.advance(600_000)
    assert.ok(requests.length > 5)
    assert.deepEqual([kec.pending, kec.rejected.length], [3, 0])
  })

for (const status of [400, 413, 422])
  test(`${status}: fewer at a time; what is refused alone is put aside, with the status`, async t => {
    const { kec, requests, receiver } = await posting(t, (request, response) =>
      answering(request.reasons.includes('R2') ? status : 204)(request, response),
    )
    kec.feed(...three)
    await kec.settled()
    assert.deepEqual(
      requests.map(request => request.reasons),
      [['R1', 'R2', 'R3'], ['R1', 'R2'], ['R1'], ['R2'], ['R3']],
    )
    assert.deepEqual(
      kec.rejected.map(({ event, reason }) => [event.reason, reason]),
      [['R2', `${receiver} answered ${status}`]],
    )
    assert.deepEqual([reasons(kec.delivered), kec.pending], [['R1', 'R3'], 0])
  })

test('what arrived does not come again when the rest must', async t => {
  let isDown = true
  const { kec, requests } = await posting(t, ({ reasons }, response) => {
    response.writeHead(reasons.length > 1 ? 413 : isDown && reasons[0] !== 'R1' ? 503 : 204).end()
  })
  kec.feed(...three)
  await kec.settled()
  assert.deepEqual([reasons(kec.delivered), kec.pending], [['R1'], 2])
  assert.match(kec.log[0]?.message ?? '', /a part of a batch must come again/)
  isDown = false
  await kec.advance(60_000)
  assert.deepEqual(reasons(kec.delivered), ['R1', 'R2', 'R3'])
  assert.equal(requests.filter(request => request.reasons[0] === 'R1').length, 3, 'with others, with one other, alone')
})

test('a receiver that is not there is told by its origin and the cause; the rest of the URL may be a secret', async t => {
  const { kec, server, receiver } = await posting(t, answering(204), { secret })
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
  kec.feed(...three)
  await kec.settled()
  assert.match(kec.handovers[0]?.error?.message ?? '', new RegExp(`^${receiver} does not answer: ECONNREFUSED$`))
  assert.equal(kec.pending, 3)
})

test('a receiver that does not answer is given up when the time is over', async t => {
  let isSilent = true
  const { kec, requests } = await posting(t, (request, response) => {
    if (!isSilent) answering(204)(request, response)
  })
  kec.feed(...three)
  await kec.advance(30_000)
  assert.match(kec.handovers[0]?.error?.message ?? '', /^the webhook at \S+ does not answer: no answer within 30000 ms$/)
  isSilent = false
  await kec.advance(60_000)
  assert.deepEqual([requests.length, kec.pending], [2, 0])
})

test('its options', async () => {
  const schema = webhook[PLUGIN].options ?? assert.fail('it has none')
  const paths = async (value: unknown) => (await schema['~standard'].validate(value)).issues?.map(({ path }) => path?.join('.'))
  assert.equal(await paths({ url: 'http://host/' }), undefined)
  assert.deepEqual(await paths({ url: 'host' }), ['url'])
  assert.deepEqual(await paths({ url: 'ftp://host/' }), ['url'])
  assert.deepEqual(await paths({ url: 'http://host/', secret: 'short' }), ['secret'])
  assert.deepEqual(await paths({ url: 'http://host/', more: 1 }), [''])
})

test('conforms: order, retries, time-out, refusals, restarts, hostile events, 10,000 events, secrets', { timeout: 120_000 }, async () => {
  await conform(webhook, {
    options: () => receiver(),
    wrongOptions: [{}, { url: 'no' }, { url: 'http://host/', secret: 'short' }, { url: 'http://host/', more: 1 }],
    secrets: [secret, 'path-that-is-a-secret'],
  })
})

/** A receiver for `conform`: it may be down, or silent, and refuses one reason. */
async function receiver(): Promise<System<{ url: string; secret: string }>> {
  const ids: string[] = []
  let [isDown, isSilent, asked] = [false, false, 0]
  const server = createServer(async (request, response) => {
    asked++
    const events: KubeEvent[] = JSON.parse(Buffer.concat(await request.toArray()).toString())
    if (isSilent) return
    const status = isDown ? 503 : events.some(({ reason }) => reason === 'Refused') ? 422 : 204
    if (status === 204) ids.push(...events.map(({ id }) => id))
    response.writeHead(status).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on TCP
  const turn = (set: (on: boolean) => void) => ({ begin: () => set(true), end: () => set(false) })
  return {
    options: { url: `http://127.0.0.1:${port}/hooks/path-that-is-a-secret`, secret },
    trouble: { ...turn(on => (isDown = on)), asked: () => asked },
    silence: turn(on => (isSilent = on)),
    refusedReason: 'Refused',
    received: () => ids,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
