// What the property test of the project does not see: how the host is asked and what it shows. What it delivers when is judged there.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { type Delivery, definePlugin, type KubeEvent, type PluginContext } from '../index.ts'
import { startTestHost, testEvent, testEvents } from './index.ts'

type OnEvent = (batch: readonly KubeEvent[], delivery: Delivery, kec: PluginContext) => unknown

/** A sink that does what it is told. */
const sink = (onEvent: OnEvent, delivery = {}) =>
  definePlugin({
    name: 'sink',
    apiVersion: 1,
    delivery,
    setup: kec => kec.hooks.onEvent.tapPromise('sink', async (...args) => void (await onEvent(...args, kec))),
  })

const takes: OnEvent = () => undefined

test('what is fed is delivered, in order, as one batch', async () => {
  await using kec = await startTestHost(sink(takes)())
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
    })(),
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
    sink((_, { signal }) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))))(),
    { patience: 20 },
  )
  kec.feed(testEvent())
  await kec.advance(29_999)
  assert.equal(kec.handovers[0]?.outcome, 'in flight')
  await kec.advance(1)
  assert.deepEqual([kec.handovers[0]?.outcome, kec.handovers[0]?.error?.message], ['failed', 'no answer within 30000 ms'])
})

test('what is rejected is put aside with its reason; what is to come again does; slowDown holds all back', async () => {
  const [bad, again, fine] = testEvents(3, n => ({ reason: ['Bad', 'Again', 'Fine'][n - 1] ?? '' }))
  assert.ok(bad && again && fine)
  await using kec = await startTestHost(
    sink((batch, delivery) => {
      for (const event of batch) {
        if (event.reason === 'Bad') delivery.reject(event, 'too bad')
        if (event.reason === 'Again' && delivery.attempt === 1) delivery.retry(event)
      }
      if (delivery.attempt === 1) delivery.slowDown(5_000)
    })(),
  )
  kec.feed(bad, again, fine)
  await kec.advance(4_999)
  assert.deepEqual(kec.rejected, [{ event: bad, reason: 'too bad', attempts: 1 }])
  assert.deepEqual([kec.delivered, kec.pending], [[fine], 1])
  assert.equal(kec.handovers[0]?.slowDown, 5_000)
  await kec.advance(1)
  assert.deepEqual([kec.delivered, kec.pending], [[fine, again], 0])
})

test('state: what is set is there once the batch is settled, and after a restart and a kill; a throw drops it', async () => {
  const seen: unknown[] = []
  await using kec = await startTestHost(
    sink(([event], _, { state }) => {
      seen.push(state.get('n'))
      state.set('n', Number(state.get('n')) + 1)
      if (event?.reason === 'Bad') throw new Error('bad')
    })(),
    { state: { n: 7 } },
  )
  kec.feed(testEvent())
  await kec.settled()
  assert.deepEqual(kec.state, { n: 8 })
  await kec.restart()
  await kec.kill()
  kec.feed(testEvent({ reason: 'Bad' }))
  await kec.settled()
  assert.deepEqual([seen, kec.state], [[7, 8], { n: 8 }])
})

test('restart and kill: onShutdown is called by the one and not by the other; what was not acknowledged comes again', async () => {
  const calls: string[] = []
  let hold: (() => void) | undefined
  const plugin = definePlugin({
    name: 'sink',
    apiVersion: 1,
    setup({ hooks }) {
      calls.push('setup')
      hooks.onEvent.tapPromise('sink', async batch => {
        calls.push(`onEvent ${batch.length}`)
        if (hold === undefined) await new Promise<void>(resolve => (hold = resolve))
      })
      hooks.onShutdown.tap('sink', () => void calls.push('onShutdown'))
    },
  })
  const kec = await startTestHost(plugin(), { patience: 20 })
  kec.feed(...testEvents(2))
  await kec.settled()
  await kec.kill()
  await kec.settled()
  assert.equal(kec.pending, 0)
  hold?.()
  await kec.restart()
  assert.deepEqual(calls, ['setup', 'onEvent 2', 'setup', 'onEvent 2', 'onShutdown', 'setup'])
  assert.equal(kec.delivered.length, 2, 'what the killed one says later counts no more')
  await kec.stop()
  assert.deepEqual(calls.slice(6), ['onShutdown', 'onShutdown'], 'the one that was killed closes at last what it has open')
  assert.throws(() => kec.filter(testEvent()), { message: 'the test host was stopped' })
})

test('a replay comes marked', async () => {
  await using kec = await startTestHost(sink(takes)())
  const event = testEvent()
  kec.replay(event)
  await kec.settled()
  assert.deepEqual(kec.handovers, [{ events: [event], attempt: 1, replay: true, outcome: 'delivered' }])
})

test("the entry's match, name and delivery hold", async () => {
  const names: string[] = []
  await using kec = await startTestHost(
    sink((_, __, { name, cluster }) => names.push(`${name} ${cluster.name}`))(undefined, {
      name: 'other',
      match: { reason: 'Pull*' },
      delivery: { maxBatch: 1 },
    }),
    { cluster: 'prod' },
  )
  const events = testEvents(4, n => ({ reason: n % 2 === 0 ? 'Pulled' : 'BackOff' }))
  kec.feed(...events)
  kec.replay(...events)
  await kec.settled()
  assert.deepEqual(
    kec.handovers.map(({ events }) => events),
    [[events[1]], [events[1]], [events[3]], [events[3]]],
  )
  assert.deepEqual(new Set(names), new Set(['other prod']))
})

test('onFilter: false drops, anything else keeps, and a throw is a complaint', async () => {
  const plugin = definePlugin({
    name: 'filter',
    apiVersion: 1,
    setup: ({ hooks }) =>
      hooks.onFilter.tap('filter', ({ reason }) => {
        if (reason === 'Bad') throw new Error('bad')
        return reason === 'Dropped' ? false : undefined
      }),
  })
  await using kec = await startTestHost(plugin())
  assert.deepEqual(
    ['Kept', 'Dropped', 'Bad'].map(reason => kec.filter(testEvent({ reason }))),
    [true, false, true],
  )
  assert.deepEqual(kec.complaints, ['onFilter threw, which keeps the event: bad'])
})

test('log and metrics show what the plugin said; metrics refuse what kec refuses', async () => {
  const plugin = definePlugin({
    name: 'counts',
    apiVersion: 1,
    setup({ hooks, log, metrics, state }) {
      const sent = metrics.counter({ name: 'sent_total', help: 'Sent.', labelNames: ['to'] })
      metrics.gauge({ name: 'seen', help: 'Seen.', collect: () => [{ labels: {}, value: Number(state.get('seen') ?? 0) }] })
      for (const definition of [
        { name: 'sent_total', help: 'Again.' },
        { name: 'not-a-name', help: 'Help.' },
        { name: 'no_help', help: '' },
        { name: 'bad_label', help: 'Help.', labelNames: ['a-b'] },
      ])
        assert.throws(() => metrics.counter(definition))
      assert.throws(() => sent.increment(-1, { to: 'a' }))
      assert.throws(() => sent.increment(1, { from: 'a' }))
      hooks.onEvent.tap('counts', batch => {
        log.info('sending', { events: batch.length })
        state.set('seen', batch.length)
        sent.increment(batch.length, { to: 'a' })
        sent.increment(undefined, { to: 'b' })
      })
    },
  })
  await using kec = await startTestHost(plugin())
  kec.feed(...testEvents(2))
  await kec.settled()
  assert.deepEqual(kec.log, [{ level: 'info', message: 'sending', fields: { events: 2 } }])
  assert.deepEqual(await kec.metrics(), [
    { name: 'sent_total', type: 'counter', help: 'Sent.', labels: { to: 'a' }, value: 2 },
    { name: 'sent_total', type: 'counter', help: 'Sent.', labels: { to: 'b' }, value: 1 },
    { name: 'seen', type: 'gauge', help: 'Seen.', labels: {}, value: 2 },
  ])
})

test('what a stop cannot wait for is a complaint', async () => {
  const plugin = definePlugin({
    name: 'stays',
    apiVersion: 1,
    setup({ hooks }) {
      hooks.onEvent.tapPromise('stays', () => new Promise(() => {}))
      hooks.onShutdown.tapPromise('stays', () => new Promise(() => {}))
    },
  })
  const kec = await startTestHost(plugin(), { patience: 20 })
  kec.feed(testEvent())
  await kec.stop()
  assert.deepEqual(kec.complaints, ['onEvent never answered: what it has not taken stays in the journal', 'onShutdown never answered'])
  assert.equal(kec.now, 10_000)
})

test('an entry that kec would refuse is refused, with all that is wrong', async () => {
  const picky = definePlugin({ name: 'picky', apiVersion: 1, options: z.strictObject({ url: z.url(), n: z.int() }), setup() {} })
  const definition = { name: 'x', apiVersion: 1, setup() {} } as const
  const refusals: readonly (readonly [entry: unknown, message: RegExp])[] = [
    [picky({ url: 'x', n: 0.5 }), /^picky refuses its options: url: .*; n: /],
    [sink(takes)({ more: 1 } as never), /^sink takes no options: remove more$/],
    [picky, /not called/],
    [{}, /no entry/],
    [definePlugin({ ...definition, apiVersion: 2 as never })(), /^x is for plugin API 2, and this is plugin API 1$/],
    [definePlugin({ ...definition, name: 'a b' })(), /no usable name/],
    [definePlugin({ ...definition, setup: 1 as never })(), /no setup function/],
    [definePlugin({ ...definition, options: {} as never })(undefined as never), /no Standard Schema/],
    [definePlugin(definition)(undefined, { delivery: { maxBatch: 0 } }), /^x: delivery.maxBatch must be a whole number, at least 1$/],
    [definePlugin({ ...definition, delivery: { batch: 1 } as never })(), /^x: delivery has no batch/],
    [definePlugin({ ...definition, setup: () => new Promise(() => {}) })(), /^x: its setup has not ended within 0.02 s$/],
    [
      definePlugin({
        ...definition,
        setup() {
          throw new Error('no room')
        },
      })(),
      /^no room$/,
    ],
  ]
  for (const [entry, message] of refusals) await assert.rejects(startTestHost(entry as never, { patience: 20 }), { message })
})
