import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Delivery, definePlugin, type KubeEvent } from '../index.ts'
import { startTestHost, testEvent, testEvents } from './index.ts'

type OnEvent = (batch: readonly KubeEvent[], delivery: Delivery) => void | Promise<void>

/** A sink that does what it is told. */
const sink = (onEvent: OnEvent, delivery = {}) =>
  definePlugin({
    name: 'sink',
    apiVersion: 1,
    delivery,
    setup: kec => kec.hooks.onEvent.tapPromise('sink', async (...args) => onEvent(...args)),
  })()

test('what is fed is delivered, in order, as one batch', async () => {
  await using kec = await startTestHost(sink(() => undefined))
  const events = testEvents(3)
  kec.feed(...events)
  await kec.settled()
  assert.deepEqual(kec.delivered, events)
  assert.deepEqual(kec.handovers, [{ events, attempt: 1, replay: false, outcome: 'delivered' }])
  assert.equal(kec.pending, 0)
})

test('a throw: the same batch comes again when its time has come', async () => {
  let failures = 2
  await using kec = await startTestHost(
    sink(() => {
      if (failures-- > 0) throw new Error('down')
    }),
  )
  const event = testEvent()
  kec.feed(event)
  await kec.advance(999)
  assert.equal(kec.handovers.length, 1)
  assert.deepEqual([kec.delivered, kec.pending], [[], 1])
  await kec.advance(1)
  assert.equal(kec.handovers.length, 2)
  await kec.advance(2_000)
  assert.deepEqual(
    kec.handovers.map(({ attempt, outcome, error }) => [attempt, outcome, error?.message]),
    [
      [1, 'failed', 'down'],
      [2, 'failed', 'down'],
      [3, 'delivered', undefined],
    ],
  )
  assert.deepEqual(kec.delivered, [event])
})

test('an onEvent that hangs: its signal aborts when the clock says so', async () => {
  await using kec = await startTestHost(
    sink((_, { signal }) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))),
    { patience: 20 },
  )
  kec.feed(testEvent())
  await kec.settled()
  assert.equal(kec.handovers[0]?.outcome, 'in flight')
  await kec.advance(30_000)
  assert.equal(kec.handovers[0]?.outcome, 'failed')
  assert.match(String(kec.handovers[0]?.error), /no answer within 30000 ms/)
})
