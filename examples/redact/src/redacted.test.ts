import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Delivery, definePlugin, type KubeEvent } from '@kec/plugin-api'
import { conform, startTestHost, testEvent, testEvents } from '@kec/plugin-api/testing'
import { z } from 'zod'
import { redacted } from './redacted.ts'

const token = /token=\S+/

/** A sink that keeps what it gets, and then does this. */
function sink(got: KubeEvent[], then: (batch: readonly KubeEvent[], delivery: Delivery) => void = () => undefined) {
  return definePlugin({
    name: 'sink',
    apiVersion: 1,
    options: z.strictObject({ way: z.enum(['tap', 'tapAsync', 'tapPromise']) }),
    setup({ hooks: { onEvent } }, { way }) {
      const take = (batch: readonly KubeEvent[], delivery: Delivery) => {
        got.push(...batch)
        then(batch, delivery)
      }
      if (way === 'tap') onEvent.tap('sink', take)
      if (way === 'tapPromise') onEvent.tapPromise('sink', async (batch, delivery) => take(batch, delivery))
      if (way === 'tapAsync')
        onEvent.tapAsync('sink', (batch, delivery, callback) => {
          take(batch, delivery)
          callback()
        })
    },
  })
}

for (const way of ['tap', 'tapAsync', 'tapPromise'] as const)
  test(`${way}: the sink gets copies without what the patterns find; what was delivered is the event itself`, async () => {
    const got: KubeEvent[] = []
    const event = testEvent({
      message: 'pulled by token=abc, then token=d3f',
      labels: { a: 'token=ghi' },
      annotations: { 'example.org/token': 'Bearer xyz' },
      regarding: { name: 'token=jkl' },
    })
    await using kec = await startTestHost(redacted(sink(got)({ way }), token, /Bearer \w+/g))
    kec.feed(event)
    await kec.settled()
    const [copy = assert.fail('it got nothing')] = got
    assert.doesNotMatch(JSON.stringify([copy, copy.raw]), /abc|d3f|ghi|jkl|xyz/)
    assert.equal(copy.message, 'pulled by [redacted] then [redacted]')
    assert.equal(copy.raw.note, copy.message)
    assert.equal(copy.raw, copy.raw)
    assert.deepEqual(copy.annotations, { 'example.org/token': '[redacted]' })
    assert.deepEqual(Object.keys(copy).sort(), Object.keys(event).sort())
    assert.equal(kec.delivered[0], event)
  })

test('a copy is frozen in depth, as events are, and differs in nothing else', async () => {
  const got: KubeEvent[] = []
  const event = testEvent({ related: { kind: 'Node' }, raw: { list: [1, { none: null }], metadata: {} } })
  const isFrozen: boolean[] = []
  const plugin = sink(got, batch => void isFrozen.push(Object.isFrozen(batch)))
  await using kec = await startTestHost(redacted(plugin({ way: 'tap' }), token))
  kec.feed(event)
  await kec.settled()
  const [copy = assert.fail('it got nothing')] = got
  assert.deepEqual({ ...copy }, { ...event })
  assert.deepEqual(copy.raw, event.raw)
  assert.deepEqual(isFrozen, [true])
  for (const part of [copy, copy.labels, copy.regarding, copy.related, copy.raw, copy.raw.list, copy.raw.metadata])
    assert.ok(Object.isFrozen(part))
})

test('what tells events apart stays, so marks of copies are marks of the events', async () => {
  const events = testEvents(3, n => ({ message: `token=${n}`, uid: `token=${n}` }))
  await using kec = await startTestHost(
    redacted(
      sink([], ([first, second], delivery) => {
        if (first && delivery.attempt === 1) delivery.reject(first, 'no')
        if (second) delivery.retry(second)
      })({ way: 'tap' }),
      token,
    ),
  )
  kec.feed(...events)
  await kec.settled()
  assert.deepEqual([kec.rejected[0]?.event, kec.delivered, kec.pending], [events[0], [events[2]], 1])
  await kec.advance(1_000)
  assert.deepEqual([kec.handovers[1]?.events, kec.pending], [[events[1]], 0])
})

test('the settings of the entry and its options stay', () => {
  const settings = { name: 'outside', match: { kind: 'Pod' }, delivery: { maxBatch: 7 } }
  const { plugin, options, name, match, delivery } = redacted(sink([])({ way: 'tap' }, settings), token)
  assert.deepEqual([plugin.name, options, { name, match, delivery }], ['sink', { way: 'tap' }, settings])
})

test('a sink that conforms does so in a wrapper, too', { timeout: 120_000 }, async () => {
  const ids: string[] = []
  const parts = { name: 'sink', apiVersion: 1 } as const
  const inner = definePlugin({
    ...parts,
    setup({ hooks }) {
      hooks.onEvent.tapPromise('sink', async batch => void ids.push(...batch.map(({ id }) => id)))
    },
  })
  const wrapped = definePlugin({ ...parts, setup: kec => redacted(inner(), token).plugin.setup(kec, undefined) })
  await conform(wrapped, { received: () => ids })
})
