// The loki plugin on a real server that takes Loki's push API: what was pushed is what a query returns, id by id, through a kill -9 of kec and one
// of the server.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { startSandbox } from '../../src/sandbox/sandbox.ts'
import { Client } from '../contract/client.ts'
import { waitFor } from '../wait-for.ts'
import { missing } from './harness/assets.ts'
import { Kec } from './harness/kec.ts'
import { temporaryFolder } from './harness/process.ts'
import { type Stored, VictoriaLogs } from './harness/victoria-logs.ts'

const count = 5_000
/** Of the plugin's entry: what is in flight at a kill, at most. */
const maxBatch = 200

/** What an event's author may write to do harm, or by accident. */
const messages = [
  'Started container web', // many times in the same second
  '{"id":"forged","_time":"2020-01-01T00:00:00Z","_msg":"forged","level":"none"}',
  'line one\nline two\r\n\u001b[2J\u009b31m',
  '"],["1","x"]]}]}',
  '值班 😀 \u202eright to left',
  'oldest acceptable timestamp is: 2999-01-01T00:00:00Z',
  `${'long '.repeat(5_000)}end`,
  'null \u0000 inside',
]
const kinds = ['Pod', 'Pod', 'Node', 'Deployment', 'Job"} has timestamp too old', '__proto__', '']
const types = ['Normal', 'Warning', 'Warning']

interface Written {
  readonly message: string
  readonly reason: string
  readonly time: string
}

function eventOf(n: number, time: string): Written & { readonly body: object } {
  const of = <T>(values: readonly T[]): T => values[n % values.length] as T // the remainder is a place in it
  const message = of(messages)
  const reason = n % 50 === 0 ? `hostile "${n}"\n` : `Reason${n % 20}`
  const body = {
    metadata: { name: `event-${n}` },
    involvedObject: { apiVersion: 'v1', kind: of(kinds), name: `object-${n}`, namespace: `ns-${n % 5}` },
    type: of(types),
    reason,
    message,
    source: { component: 'test', host: `node-${n % 10}` },
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1 + (n % 3),
  }
  return { message, reason, time, body }
}

test(`${count} events, hostile ones too, through kill -9 of kec and of VictoriaLogs`, {
  skip: missing('victoria-logs'),
  timeout: 180_000,
}, async t => {
  await using sandbox = await startSandbox()
  await using logs = await VictoriaLogs.start()
  const client = new Client(sandbox)
  t.after(() => client.close())
  for (let i = 0; i < 5; i++) await client.post('/api/v1/namespaces', { metadata: { name: `ns-${i}` } })
  const cluster = (await client.get('/api/v1/namespaces/kube-system')).body.metadata.uid

  const written = new Map<string, Written>()
  let begun = 0
  const write = async (upTo: number) => {
    const worker = async () => {
      while (begun < upTo) {
        const n = begun++
        const time = `${new Date().toISOString().slice(0, 19)}Z`
        const { body, ...event } = eventOf(n, time)
        const answer = await client.post(`/api/v1/namespaces/ns-${n % 5}/events`, body)
        assert.equal(answer.status, 201, JSON.stringify(answer.body))
        const { uid, resourceVersion } = answer.body.metadata
        written.set(`${cluster}/${uid}/${resourceVersion}`, event)
      }
    }
    await Promise.all(Array.from({ length: 8 }, worker))
  }

  const folder = temporaryFolder()
  const kubeconfig = join(folder, 'kubeconfig')
  writeFileSync(kubeconfig, sandbox.kubeconfig, { mode: 0o600 })
  // Without this, VictoriaLogs takes a message that is JSON apart, and lets it overwrite the event's own fields.
  const url = `${logs.url}/insert/loki/api/v1/push?disable_message_parsing=1`
  const plugins = [{ use: 'loki', options: { url }, delivery: { maxBatch } }]
  const start = () => Kec.start(folder, kubeconfig, { plugins })
  const settled = async (kec: Kec) => {
    const outcomes = async () => (await kec.metric('kec_sink_pending_events')).every(({ value }) => value === 0)
    await waitFor('nothing to be pending', async () => (await kec.sum('kec_journal_events_total')) === begun && (await outcomes()), 120_000)
  }

  let kec = await start()
  try {
    await kec.ready()
    const first = write(2_500)
    await waitFor('pushes', async () => (await logs.taken()) > 500)
    await kec.stop('SIGKILL')
    kec = await start()
    await Promise.all([kec.ready(), first])
    await settled(kec)
    await logs.onDisk()
    const stored = await logs.taken()

    await logs.kill()
    await write(4_000)
    await waitFor('kec to try', async () => (await kec.sum('kec_sink_retries_total')) > 0)
    await logs.start()
    await write(count)
    await settled(kec)
    await logs.onDisk(stored)

    const entries = await logs.all()
    const times = Map.groupBy(entries, ({ id }) => id ?? '')
    const lost = [...written.keys()].filter(id => !times.has(id))
    const forged = [...times.keys()].filter(id => !written.has(id))
    const repeated = entries.length - times.size
    const dead = await kec.sum('kec_sink_dead_letters')
    t.diagnostic(
      `${written.size} written, ${times.size} ids found; ${repeated} came again after the kill of kec (at most ${maxBatch} were in flight)`,
    )
    assert.deepEqual([lost, forged, dead], [[], [], 0])
    assert.ok(repeated <= maxBatch, `${repeated} came again`)
    for (const [id, [entry]] of times) assertSame(entry, written.get(id))
    const streams = new Set(entries.map(({ _stream }) => _stream))
    t.diagnostic(`${streams.size} streams`)
    assert.ok(entries.every(({ kind = '' }) => ['Pod', 'Node', 'Deployment', '__proto__', 'other', ''].includes(kind)))
    assert.equal(new Set(entries.map(({ id, _time }) => `${id} ${_time}`)).size, times.size, 'what came again has the same time')
  } finally {
    await kec.stop('SIGKILL')
    if (process.env.KEC_TEST_SHOW) console.error(kec.said)
  }
})

test('400 for the configuration: nothing is put aside, and all is stored when it is mended', {
  skip: missing('victoria-logs'),
  timeout: 60_000,
}, async () => {
  await using sandbox = await startSandbox()
  await using logs = await VictoriaLogs.start()
  const folder = temporaryFolder()
  const kubeconfig = join(folder, 'kubeconfig')
  writeFileSync(kubeconfig, sandbox.kubeconfig, { mode: 0o600 })
  const start = (AccountID: string) =>
    Kec.start(folder, kubeconfig, {
      plugins: [{ use: 'loki', options: { url: `${logs.url}/insert/loki/api/v1/push`, headers: { AccountID } } }],
    })
  const create = (n: number) => sandbox.store.create({ metadata: { name: `event-${n}` }, lastTimestamp: new Date().toISOString() })
  const wrong = await start('shop') // VictoriaLogs wants a number
  try {
    await wrong.ready()
    for (let n = 0; n < 20; n++) create(n)
    await wrong.heard(/answers 400: cannot parse common params.*No other event is taken either, so it is not put down to them/)
    assert.deepEqual([await wrong.sum('kec_sink_dead_letters'), await wrong.sum('kec_sink_pending_events')], [0, 20])
  } finally {
    await wrong.stop('SIGKILL')
  }
  const right = await start('0')
  try {
    await right.ready()
    await waitFor('nothing to be pending', async () => (await right.sum('kec_sink_pending_events')) === 0)
    await waitFor('all to be found', async () => (await logs.all()).length === 20)
    assert.equal(await right.sum('kec_sink_dead_letters'), 0)
  } finally {
    await right.stop('SIGKILL')
  }
})

function assertSame(entry: Stored | undefined, event: Written | undefined): void {
  assert.ok(entry && event)
  assert.deepEqual([entry._msg, entry.reason, entry.time], [event.message, event.reason, event.time])
  const time = entry._time ?? ''
  assert.equal(Math.floor(Date.parse(time) / 1000), Date.parse(event.time) / 1000)
}
