// The test host is a model of src/delivery. Here the real consumer and journal judge it: both get the same script.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { type Delivery, type DeliveryOptions, definePlugin, type Json, type KubeEvent, type State } from '@kec/plugin-api'
import { createHooks } from '@kec/plugin-api/host'
import { startTestHost } from '@kec/plugin-api/testing'
import fc from 'fast-check'
import { Consumer } from '../src/delivery/consumer.ts'
import type { ConsumerJournal } from '../src/delivery/consumer-journal.ts'
import { decode, numberOf, record } from './events.ts'
import { FakeClock } from './fake-clock.ts'
import { openJournal } from './journal.ts'

/** What the sink does with one batch. */
interface Act {
  readonly end: 'resolve' | 'throw' | 'hang, then throw' | 'hang, then resolve'
  /** Events whose number leaves this rest, by 3, are marked. */
  readonly reject?: number
  readonly retry?: number
  readonly slowDown?: number
  readonly set?: Json
}

type Step =
  | { readonly do: 'feed'; readonly count: number }
  | { readonly do: 'advance'; readonly ms: number }
  | { readonly do: 'replay'; readonly every: number }
  | { readonly do: 'restart' }
  | { readonly do: 'kill' }

interface Script {
  readonly delivery: DeliveryOptions
  /** One after the other, then from the start. */
  readonly acts: readonly Act[]
  readonly steps: readonly Step[]
}

/** What both must agree on, after each step. */
interface Seen {
  readonly now: number
  readonly handovers: readonly { readonly events: readonly number[]; readonly attempt: number; readonly replay: boolean; outcome: string }[]
  readonly rejected: readonly (readonly [id: string, reason: string])[]
  readonly state: Readonly<Record<string, Json>>
  /** But for replays. */
  readonly pending: number
}

/** The journal looks beyond the last event of a replay, which takes it a turn; the test host has nothing there to look at. */
const mayReplay = (every: number, fed: number) => fed > 0 && fed % every === 0

/** Plays the acts, one for each call. */
function player(acts: readonly Act[]) {
  let calls = 0
  return async (batch: readonly KubeEvent[], delivery: Delivery, state: State): Promise<void> => {
    const call = calls++
    const { end, reject, retry, slowDown, set } = acts[call % acts.length] as Act // there is one at least
    for (const event of batch) {
      if (numberOf(event) % 3 === reject) delivery.reject(event, `${call} refuses`)
      if (numberOf(event) % 3 === retry) delivery.retry(event)
    }
    if (slowDown !== undefined) delivery.slowDown(slowDown)
    if (set !== undefined) state.set(`key-${call % 2}`, set === null ? undefined : [set, state.get('key-0') ?? 'none'].length)
    if (end.startsWith('hang') && !delivery.signal.aborted)
      await new Promise<void>(resolve => delivery.signal.addEventListener('abort', () => resolve()))
    if (end.endsWith('throw')) throw new Error(`${call} throws`)
  }
}

/** The real one. */
async function* deliverReally({ delivery, acts, steps }: Script): AsyncGenerator<Seen> {
  const clock = new FakeClock()
  clock.install()
  const journal = openJournal({ file: ':memory:', decode })
  try {
    const handovers: Seen['handovers'][number][] = []
    const rejected: [string, string][] = []
    const play = player(acts)
    const quiet = () => undefined
    const log = {
      debug: quiet,
      info: quiet,
      warn: quiet,
      error: (_: string, { id, reason }: Readonly<Record<string, unknown>> = {}) => void rejected.push([String(id), String(reason)]),
    }
    let hanging = 0
    const begin = () => {
      const life = { isDead: false }
      const consumer = new Consumer({
        name: 'sink',
        journal: journalOf(journal, life),
        delivery,
        compile: rules => event => numberOf(event) % Number(rules) === 0,
        log: { ...log, error: (...args) => (life.isDead ? undefined : log.error(...args)) },
      })
      const hooks = createHooks()
      hooks.onEvent.tapPromise('sink', async (batch, handed) => {
        const { attempt, replay } = handed
        const handover = { events: batch.map(numberOf), attempt, replay, outcome: 'in flight' }
        handovers.push(handover)
        hanging++
        try {
          await play(batch, handed, consumer.state)
          if (!life.isDead) handover.outcome = 'delivered'
        } catch (error) {
          if (!life.isDead) handover.outcome = 'failed'
          throw error
        } finally {
          hanging--
        }
      })
      consumer.start(hooks)
      return { consumer, life }
    }
    let { consumer, life } = begin()
    const settled = async () => {
      for (let same = 0, before = ''; same < 4; ) {
        await turn()
        const now = JSON.stringify([consumer.status, handovers.length, hanging])
        same = now === before ? same + 1 : 0
        before = now
      }
    }
    let fed = 0
    for (const step of steps) {
      await settled()
      if (step.do === 'feed') {
        const records = Array.from({ length: step.count }, () => record(++fed))
        journal.append({ stream: '', records, position: null, ledger: '', counts: {} })
      } else if (step.do === 'advance') {
        const end = clock.now + step.ms
        for (; clock.next <= end; await settled()) clock.moveTo(clock.next)
        clock.now = end
      } else if (step.do === 'replay') {
        if (mayReplay(step.every, fed)) journal.replay({ consumer: 'sink', since: new Date(0), rules: step.every })
      } else if (step.do === 'restart') {
        const limit = new AbortController()
        const end = clock.now + 10_000
        let isStopped = false
        const stopped = consumer.stop(limit.signal).then(() => {
          isStopped = true
        })
        for (await settled(); !isStopped; await settled()) {
          clock.moveTo(Math.min(clock.next, end))
          if (clock.now >= end) limit.abort()
        }
        await stopped
        ;({ consumer, life } = begin())
      } else {
        life.isDead = true
        await consumer.stop(AbortSignal.abort())
        ;({ consumer, life } = begin())
      }
      await settled()
      yield {
        now: clock.now,
        handovers: structuredClone(handovers),
        rejected: [...rejected],
        state: Object.fromEntries(journal.state('sink')),
        pending: consumer.status.pending,
      }
    }
    life.isDead = true
    await consumer.stop(AbortSignal.abort())
  } finally {
    clock.uninstall()
    journal.close()
  }
}

/** The journal as one life of a consumer sees it: after a kill nothing is written any more. */
function journalOf(journal: ReturnType<typeof openJournal>, life: { readonly isDead: boolean }): ConsumerJournal {
  return {
    get head() {
      return journal.head
    },
    get oldest() {
      return journal.oldest
    },
    read: (after, limit) => journal.read(after, limit),
    pick: seqs => journal.pick(seqs),
    join: (name, at) => journal.join(name, at),
    cursor: name => journal.cursor(name),
    acknowledge(name, acknowledgement) {
      assert.ok(!life.isDead, 'killed')
      return journal.acknowledge(name, acknowledgement)
    },
    state: name => journal.state(name),
    redriven: (name, after, limit) => journal.redriven(name, after, limit),
    replays: name => journal.replays(name),
    onNews: listener => journal.onNews(listener),
  }
}

/** All of them. */
async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

/** The test host. */
async function* deliverInTestHost({ delivery, acts, steps }: Script): AsyncGenerator<Seen> {
  const play = player(acts)
  const plugin = definePlugin({
    name: 'sink',
    apiVersion: 1,
    delivery,
    setup: ({ hooks, state }) => hooks.onEvent.tapPromise('sink', (batch, handed) => play(batch, handed, state)),
  })
  const kec = await startTestHost(plugin(), { patience: 0 })
  const events: KubeEvent[] = []
  for (const step of steps) {
    await kec.settled()
    if (step.do === 'feed') {
      const more = Array.from({ length: step.count }, (_, i) => record(events.length + i + 1).event)
      events.push(...more)
      kec.feed(...more)
    } else if (step.do === 'advance') await kec.advance(step.ms)
    else if (step.do === 'replay') {
      if (mayReplay(step.every, events.length)) kec.replay(...events.filter(event => numberOf(event) % step.every === 0))
    } else if (step.do === 'restart') await kec.restart()
    else await kec.kill()
    await kec.settled()
    yield {
      now: kec.now,
      handovers: kec.handovers.map(({ events, attempt, replay, outcome }) => ({ events: events.map(numberOf), attempt, replay, outcome })),
      rejected: kec.rejected.map(({ event, reason }) => [event.id, reason]),
      state: kec.state,
      pending: kec.pending,
    }
  }
  await kec.kill()
}

const act: fc.Arbitrary<Act> = fc.record(
  {
    end: fc.oneof(
      { weight: 5, arbitrary: fc.constant('resolve' as const) },
      { weight: 3, arbitrary: fc.constant('throw' as const) },
      { weight: 1, arbitrary: fc.constant('hang, then throw' as const) },
      { weight: 1, arbitrary: fc.constant('hang, then resolve' as const) },
    ),
    reject: fc.nat(2),
    retry: fc.nat(2),
    slowDown: fc.constantFrom(-1, Number.NaN, 1, 500, 5_000, 120_000),
    set: fc.constantFrom(null, 1, 'text'),
  },
  { requiredKeys: ['end'] },
)

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('feed' as const), count: fc.integer({ min: 1, max: 9 }) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.constantFrom(1, 999, 1_000, 2_500, 10_000, 60_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('replay' as const), every: fc.constantFrom(1, 2, 3) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'restart' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'kill' as const }) },
)

const script: fc.Arbitrary<Script> = fc.record({
  delivery: fc.record(
    {
      maxBatch: fc.integer({ min: 1, max: 7 }),
      linger: fc.constantFrom(0, 100, 5_000),
      timeout: fc.constantFrom(700, 3_000, 30_000),
      maxAttempts: fc.integer({ min: 1, max: 4 }),
    },
    { requiredKeys: [] },
  ),
  acts: fc.array(act, { minLength: 1, maxLength: 8 }),
  steps: fc.array(step, { minLength: 1, maxLength: 15 }),
})

const day = 86_400_000

/** What chance brings about too seldom. */
const rare: readonly Script[] = [
  // The longest wait.
  { delivery: {}, acts: [{ end: 'throw' }], steps: [{ do: 'feed', count: 1 }, ...Array(6).fill({ do: 'advance', ms: 60_000 })] },
  // A sink that wants to be left alone for ever.
  {
    delivery: {},
    acts: [{ end: 'resolve', slowDown: Number.POSITIVE_INFINITY }],
    steps: [{ do: 'feed', count: 1 }, { do: 'feed', count: 1 }, ...Array(3).fill({ do: 'advance', ms: day / 2 })],
  },
  // New events and replayed ones, in turn.
  {
    delivery: { maxBatch: 1 },
    acts: [{ end: 'resolve', slowDown: 1 }],
    steps: [
      { do: 'feed', count: 4 },
      { do: 'replay', every: 1 },
      { do: 'replay', every: 2 },
      { do: 'feed', count: 4 },
      { do: 'advance', ms: 1_000 },
    ],
  },
  // A stop that comes in the middle begins no replay, and nothing at all once its time is over.
  ...[700, 30_000].map(
    (timeout): Script => ({
      delivery: { maxBatch: 1, timeout },
      acts: [{ end: 'hang, then resolve' }, { end: 'resolve' }],
      steps: [{ do: 'feed', count: 3 }, { do: 'replay', every: 1 }, { do: 'restart' }],
    }),
  ),
]

test('the test host does what the real delivery does, whatever the sink does', async () => {
  await fc.assert(
    fc.asyncProperty(script, async script => {
      const real = await collect(deliverReally(script))
      const model = await collect(deliverInTestHost(script))
      for (const [i, seen] of real.entries()) assert.deepEqual(model[i], seen, `after step ${i}: ${JSON.stringify(script.steps[i])}`)
    }),
    { numRuns: 150, examples: rare.map(script => [script]) },
  )
})
