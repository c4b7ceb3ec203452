import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import type { Cluster } from '../cluster/cluster.ts'
import { connectCluster } from '../cluster/connect.ts'
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts'
import { playScenario } from './play.ts'
import type { Scenario, Step } from './scenario.ts'
import type { Written } from './writers.ts'

let sandbox: Sandbox
let cluster: Cluster
const folder = mkdtempSync(join(tmpdir(), 'kec-scenarios-'))

before(async () => {
  sandbox = await startSandbox()
  writeFileSync(join(folder, 'kubeconfig'), sandbox.kubeconfig)
  cluster = await connectCluster({ kubeconfig: join(folder, 'kubeconfig') })
})
after(async () => {
  await cluster.close()
  await sandbox.close()
  rmSync(folder, { recursive: true })
})
beforeEach(() => {
  for (const { metadata } of sandbox.store.list()) sandbox.store.delete(metadata.name, metadata.namespace)
})

/** Kubelet says something about a pod. */
const step = (at: number, message: string, host = 'worker-1'): Step => ({
  at,
  by: { component: 'kubelet', host, recorder: 'legacy' },
  about: { apiVersion: 'v1', kind: 'Pod', name: `web-${host}`, namespace: 'default', uid: 'u-1', fieldPath: 'spec.containers{web}' },
  type: 'Warning',
  reason: 'Failed',
  message,
})

const scenarioOf = (story: Iterable<Step>): Scenario => ({ name: 'test', summary: '', stage: () => ({ objects: [], story }) })

async function play(
  story: Iterable<Step>,
  done: (written: Written, stop: () => void) => void = () => {},
  series = false,
): Promise<Written[]> {
  const all: Written[] = []
  const stop = new AbortController()
  await playScenario(cluster, scenarioOf(story), {
    ...{ namespace: 'default', speed: 10_000, signal: stop.signal, series },
    done(written) {
      all.push(written)
      done(written, () => stop.abort())
    },
  })
  return all
}

test('in core/v1: as kubelet writes it', async () => {
  await play([step(0, 'no'), step(1, 'no')])
  const [event, ...others] = sandbox.store.list()
  assert.deepEqual(others, [])
  const { involvedObject, source, count, type, reason, message, eventTime, series, reportingComponent, reportingInstance } =
    event ?? assert.fail()
  assert.deepEqual(involvedObject, step(0, '').about)
  assert.deepEqual([source, reportingComponent, reportingInstance], [{ component: 'kubelet', host: 'worker-1' }, 'kubelet', 'worker-1'])
  assert.deepEqual([count, type, reason, message, eventTime, series], [2, 'Warning', 'Failed', 'no', null, null])
  assert.match(event?.metadata.name ?? '', /^web-worker-1\.[0-9a-f]{16}$/)
})

test('as series: the same in events.k8s.io/v1', async () => {
  await play([step(0, 'no'), step(1, 'no'), step(2, 'no')], undefined, true)
  const [event, ...others] = sandbox.store.list()
  assert.deepEqual(others, [])
  const { source, count, action, series, reportingComponent, reportingInstance, firstTimestamp } = event ?? assert.fail()
  assert.deepEqual([source, count, firstTimestamp, action, series?.count], [{}, 0, null, 'Failed', 3])
  assert.deepEqual([reportingComponent, reportingInstance], ['kubelet', 'kubelet-worker-1'])
  assert.ok((series?.lastObservedTime ?? '') > (event?.eventTime ?? '~'))
})

test('the scheduler writes series of its own accord, and their end when it is due', async () => {
  const scheduler = { component: 'default-scheduler', host: '', recorder: 'series' } as const
  const at = [0, 10, 20, 30, 2000]
  const written = await play(at.map((at, i) => ({ ...step(at, `${i}`), by: scheduler, action: 'Scheduling' })))
  assert.deepEqual(
    written.map(({ count, occurrences }) => [count, occurrences]),
    [
      [1, 1],
      [2, 1],
      [4, 2],
      [1, 1],
    ],
  )
  const [event] = sandbox.store.list()
  const { series, action, message, reportingComponent, reportingInstance } = event ?? assert.fail()
  assert.deepEqual([series?.count, action, message], [4, 'Scheduling', '0'])
  assert.deepEqual([reportingComponent, reportingInstance], ['default-scheduler', 'default-scheduler-control-plane'])
})

test('a combined event says its newest message', async () => {
  await play(Array.from({ length: 12 }, (_, i) => step(i, `no ${i}`)))
  const combined = sandbox.store.list().filter(({ message }) => message.startsWith('(combined'))
  assert.deepEqual(
    combined.map(({ message, count }) => [message, count]),
    [['(combined from similar events): no 11', 3]],
  )
})

test('an event that is gone is created anew, with its count', async () => {
  const written = await play([step(0, 'no'), step(1, 'no'), step(2, 'no')], ({ event, count }) => {
    if (count === 1) sandbox.store.delete(event.name)
  })
  assert.deepEqual(
    written.map(({ change, count, occurrences }) => [change, count, occurrences]),
    [
      ['created', 1, 1],
      ['created', 2, 1],
      ['updated', 3, 1],
    ],
  )
  assert.equal(sandbox.store.list()[0]?.count, 3)
})

test('what a recorder left unwritten is in the occurrences of the next write', async () => {
  const written = await play(Array.from({ length: 31 }, (_, i) => step(i * 10, 'no')))
  assert.deepEqual(
    written.slice(-2).map(({ count, occurrences }) => [count, occurrences]),
    [
      [25, 1],
      [31, 6],
    ],
  )
})

test('a component writes one event after the other', async () => {
  const slow = ({ verb, resource }: { verb: string | undefined; resource: string }) => verb === 'create' && resource === 'events'
  sandbox.faults.inject({ kind: 'answer', code: 429, retryAfter: 0.05 }, { when: slow, times: 1 })
  const written = await play([step(0, 'first'), step(0, 'second'), step(0, 'third')])
  assert.deepEqual(
    written.map(({ report }) => report.message),
    ['first', 'second', 'third'],
  )
})

test('a story without end is stopped, wherever it waits', async () => {
  function* endless() {
    yield step(0, 'no')
    yield step(1e7, 'never')
  }
  assert.equal((await play(endless(), (_, stop) => stop())).length, 1)
})

test('a refusal ends the story at once, though it waits', async () => {
  const creates = ({ verb }: { verb: string | undefined }) => verb === 'create'
  sandbox.faults.inject({ kind: 'answer', code: 500, message: 'out of order' }, { when: creates, times: 1 })
  await assert.rejects(play([step(0, 'no'), step(1e7, 'never')]), /the API server refuses the event: out of order/)
})

test('a story that is faster than the API server waits for it', async () => {
  let told = 0
  let ahead = 0
  function* endless() {
    for (;;) yield step(0, `${told++}`, `worker-${told}`)
  }
  let writes = 0
  await play(endless(), (_, stop) => {
    ahead = Math.max(ahead, told - ++writes)
    if (writes === 500) stop()
  })
  assert.ok(ahead <= 101, `${ahead}`)
})
