import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Delivery, Json, KubeEvent } from '@kec/plugin-api'
import { SinkState } from '@kec/plugin-api/host'
import metrics from '@kec/plugin-metrics'
import { type EventFacts, normalise } from '../src/event.ts'
import { admit } from '../src/host/admit.ts'
import { Blocking } from '../src/host/blocking.ts'
import { MetricsRegistry } from '../src/host/metrics.ts'
import { setUpPlugins } from '../src/host/start.ts'

const quiet = { debug() {}, info() {}, warn() {}, error() {} }

function event(facts: Partial<EventFacts> = {}, message = 'Back-off', kind = 'Pod'): KubeEvent {
  const raw = {
    metadata: { uid: 'u', resourceVersion: '7', namespace: 'shop', name: 'web.17' },
    type: 'Warning',
    reason: 'BackOff',
    note: message,
    regarding: { kind, name: 'web' },
    deprecatedSource: { component: 'kubelet', host: 'node-2' },
  }
  return normalise(raw, { change: 'created', historical: false, occurrences: 1, epoch: 1, ...facts }, { name: 'prod', uid: 'c' })
}

/** The plugin in kec's own host. `committed` is what its journal holds. */
async function host(options: Parameters<typeof metrics>[0], committed = new Map<string, Json>()) {
  const registry = new MetricsRegistry(quiet)
  const state = new SinkState(committed)
  const { entries } = await admit([metrics(options)], { folder: import.meta.dirname, cwd: import.meta.dirname })
  const services = { log: quiet, metrics: registry.forPlugin('metrics', work => state.committed(work)), state, cluster: { name: 'prod' } }
  const { plugins, problems } = await setUpPlugins(entries, () => services, new Blocking(() => undefined))
  assert.deepEqual(problems, [])
  return {
    async shown(metric: string): Promise<string[]> {
      return (await registry.text()).split('\n').filter(line => line.startsWith(`${metric}{`))
    },
    /** Hands a batch over; `whileHandled` runs before its outcome is committed, and may throw it away. */
    async deliver(batch: readonly KubeEvent[], replay = false, whileHandled = async () => true): Promise<void> {
      const delivery: Delivery = { signal: AbortSignal.any([]), attempt: 1, replay, reject() {}, retry() {}, slowDown() {} }
      state.begin()
      await plugins[0]?.hooks.onEvent.promise(batch, delivery)
      const commits = await whileHandled()
      const staged = state.end()
      for (const [key, value] of commits ? staged : []) if (value !== undefined) committed.set(key, value)
    },
  }
}

const series = (value: number) => [`kec_events_total{type="Warning",reason="BackOff",kind="Pod",namespace="shop"} ${value}`]

test('counts occurrences, neither history nor replays', async () => {
  const kec = await host(undefined)
  await kec.deliver([event(), event({ change: 'updated', occurrences: 3 }), event({ historical: true }), event({ occurrences: 0 })])
  await kec.deliver([event()], true)
  assert.deepEqual(await kec.shown('kec_events_total'), series(4))
  assert.deepEqual(await kec.shown('k8s_event_count'), [])
})

test('shows what is committed, and nothing else; a restart goes on from there', async () => {
  const committed = new Map<string, Json>()
  const kec = await host(undefined, committed)
  await kec.deliver([event()])
  await kec.deliver([event()], false, async () => {
    assert.deepEqual(await kec.shown('kec_events_total'), series(1))
    return false
  })
  assert.deepEqual(await kec.shown('kec_events_total'), series(1))
  const again = await host(undefined, new Map(committed))
  assert.deepEqual(await again.shown('kec_events_total'), series(1))
  await again.deliver([event()])
  assert.deepEqual(await again.shown('kec_events_total'), series(2))
})

test('legacy: the labels of the predecessor, bounded as well', async () => {
  const kec = await host({ legacy: true, maxSeries: 2 })
  await kec.deliver([event(), event({}, 'pulled "x"\n'), event({}, 'third'), event()])
  assert.deepEqual(await kec.shown('k8s_event_count'), [
    'k8s_event_count{type="Warning",kind="Pod",name="web",namespace="shop",message="Back-off",reason="BackOff",source="kubelet",host="node-2"} 2',
    'k8s_event_count{type="other",kind="other",name="other",namespace="other",message="other",reason="other",source="other",host="other"} 2',
  ])
  assert.deepEqual(await kec.shown('kec_events_total'), series(4))
})

test('the limits of the options hold', async () => {
  const kec = await host({ maxLabelValues: 1 })
  await kec.deliver([event(), event({}, '', 'Node')])
  assert.deepEqual(await kec.shown('kec_events_total'), [
    ...series(1),
    'kec_events_total{type="Warning",reason="BackOff",kind="other",namespace="shop"} 1',
  ])
})
