import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { type Delivery, type KubeEvent, PLUGIN, type PluginContext } from '@kec/plugin-api'
import { AsyncSeriesHook, SyncBailHook } from 'tapable'
import webhook from './index.ts'

const definition = webhook[PLUGIN]

/** The plugin, set up to post to a server that answers like this. Gives its onEvent. */
async function posting(t: TestContext, answer: RequestListener) {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const onEvent = new AsyncSeriesHook<[batch: readonly KubeEvent[], delivery: Delivery]>(['batch', 'delivery'])
  const hooks = { onEvent, onFilter: new SyncBailHook(['event']), onShutdown: new AsyncSeriesHook(['shutdown']) }
  const { port } = server.address() as AddressInfo // it listens on TCP
  await definition.setup({ hooks } as unknown as PluginContext, { url: `http://127.0.0.1:${port}/` }) // it uses no more of the context
  return onEvent
}

const batch = [{ id: 'a' }, { id: 'b' }] as unknown as KubeEvent[] // it posts whatever an event holds

const deliveryUntil = (signal: AbortSignal): Delivery => ({ signal, attempt: 1, replay: false, reject() {}, retry() {}, slowDown() {} })

test('posts a batch as a JSON array, once', async t => {
  const posted: unknown[] = []
  const onEvent = await posting(t, async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    posted.push([request.method, request.headers['content-type'], JSON.parse(body)])
    response.writeHead(204).end()
  })
  await onEvent.promise(batch, deliveryUntil(AbortSignal.any([])))
  assert.deepEqual(posted, [['POST', 'application/json', [{ id: 'a' }, { id: 'b' }]]])
})

test('an answer that is not 2xx throws, and says which', async t => {
  const onEvent = await posting(t, (_, response) => response.writeHead(503).end())
  await assert.rejects(onEvent.promise(batch, deliveryUntil(AbortSignal.any([]))), { message: 'webhook answered 503' })
})

test('gives up a server that does not answer, when the time is over', { timeout: 30_000 }, async t => {
  const patience = new AbortController()
  const onEvent = await posting(t, () => patience.abort())
  await assert.rejects(onEvent.promise(batch, deliveryUntil(patience.signal)), { name: 'AbortError' })
})

test('its options are a URL, and nothing else', async () => {
  const issues = async (value: unknown) => (await definition.options?.['~standard'].validate(value))?.issues?.length
  assert.deepEqual(
    [await issues({ url: 'http://host/' }), await issues({ url: 'host' }), await issues({ url: 'http://host/', more: 1 })],
    [undefined, 1, 1],
  )
})
