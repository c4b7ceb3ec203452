import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { KubeEvent } from '@kec/plugin-api'
import { conform, startTestHost, testEvent, testEvents } from '@kec/plugin-api/testing'
import sink from './index.ts'

type Answer = (events: readonly KubeEvent[]) => { readonly status: number; readonly headers?: Record<string, string> }

/** Refuses what holds an event of the reason Poison. */
const well: Answer = events => ({ status: events.some(({ reason }) => reason === 'Poison') ? 422 : 204 })

class Receiver {
  answer = well
  /** Takes requests, and never answers. */
  isSilent = false
  headers: IncomingHttpHeaders = {}
  requests = 0
  /** Of the events that it took. */
  readonly ids: string[] = []
  readonly #server = createServer(async (request, response) => {
    const events: KubeEvent[] = JSON.parse(Buffer.concat(await request.toArray()).toString())
    this.requests++
    this.headers = request.headers
    if (this.isSilent) return
    const { status, headers } = this.answer(events)
    if (status === 204) this.ids.push(...events.map(({ id }) => id))
    response.writeHead(status, headers).end()
  })

  async start(): Promise<this> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening')
    return this
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo // it listens on TCP
    return `http://127.0.0.1:${port}/events`
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}

async function started(t: TestContext) {
  const receiver = await new Receiver().start()
  const kec = await startTestHost(sink({ url: receiver.url, token: 'a-secret' }))
  t.after(async () => {
    await kec.stop()
    receiver.close()
  })
  return { receiver, kec }
}

const idsOf = (events: readonly KubeEvent[]) => events.map(({ id }) => id)

test('posts the events, with the token', async t => {
  const { receiver, kec } = await started(t)
  const events = testEvents(3)
  kec.feed(...events)
  await kec.settled()
  assert.deepEqual(receiver.ids, idsOf(events))
  assert.equal(receiver.headers.authorization, 'Bearer a-secret')
  assert.deepEqual(kec.delivered, events)
})

test('while the server is in trouble the events wait, for as long as it asks', async t => {
  const { receiver, kec } = await started(t)
  receiver.answer = () => ({ status: 503, headers: { 'retry-after': '120' } })
  kec.feed(testEvent())
  await kec.settled()
  await kec.advance(119_000)
  assert.equal(receiver.requests, 1)
  receiver.answer = well
  await kec.advance(2_000)
  assert.equal(receiver.requests, 2)
  assert.equal(kec.pending, 0)
})

test('an hour is the longest that a server can make the events wait', async t => {
  const { receiver, kec } = await started(t)
  receiver.answer = () => ({ status: 503, headers: { 'retry-after': '9'.repeat(400) } })
  kec.feed(testEvent())
  await kec.settled()
  receiver.answer = well
  await kec.advance(3_599_000)
  assert.equal(receiver.requests, 1)
  await kec.advance(2_000)
  assert.equal(receiver.requests, 2)
})

test('an event that the server refuses is put aside, and the others are delivered', async t => {
  const { receiver, kec } = await started(t)
  const [first, poison, last] = [testEvent(), testEvent({ reason: 'Poison' }), testEvent()]
  kec.feed(first, poison, last)
  await kec.settled()
  assert.deepEqual(receiver.ids, idsOf([first, last]))
  assert.deepEqual(
    kec.rejected.map(({ event, reason }) => [event.id, reason]),
    [[poison.id, 'the server answered 422']],
  )
})

test('what the server took already does not come again when the rest does', async t => {
  const { receiver, kec } = await started(t)
  const [first, poison, last] = [testEvent(), testEvent({ reason: 'Poison' }), testEvent()]
  receiver.answer = events => (events.length === 1 && events[0]?.id === last.id ? { status: 503 } : well(events))
  kec.feed(first, poison, last)
  await kec.settled()
  assert.equal(kec.pending, 1)
  receiver.answer = well
  await kec.advance(60_000)
  assert.deepEqual(receiver.ids, idsOf([first, last]))
})

test('does what kec asks of a plugin', async () => {
  await conform(sink, {
    async options() {
      const receiver = await new Receiver().start()
      return {
        options: { url: receiver.url, token: 'a-secret' },
        received: () => receiver.ids,
        refusedReason: 'Poison',
        trouble: {
          begin: () => {
            receiver.answer = () => ({ status: 503 })
          },
          end: () => {
            receiver.answer = well
          },
          asked: () => receiver.requests,
        },
        silence: {
          begin: () => {
            receiver.isSilent = true
          },
          end: () => {
            receiver.isSilent = false
          },
        },
        close: () => receiver.close(),
      }
    },
    wrongOptions: [{}, { url: 'no url' }, { url: 'ftp://example.org/' }, { url: 'https://example.org/', tokn: 'misspelt' }],
    secrets: ['a-secret'],
    patience: 1_000,
  })
})
