// `kec start` on a real API server, through what happens to API servers. An oracle knows what was acknowledged, etcd itself is the witness.
import assert from 'node:assert/strict'
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { missing } from './harness/assets.ts'
import { RealCluster } from './harness/cluster.ts'
import { Kec, type Line } from './harness/kec.ts'
import { TelephoneLine } from './harness/line.ts'
import { Oracle } from './harness/oracle.ts'
import { waitFor } from './harness/process.ts'
import type { Witness } from './harness/witness.ts'

const skip = missing('kube-apiserver', 'etcd', 'openssl')
const options = { skip, timeout: 5 * 60_000 }

const keyOf = (line: Line) => `${line.uid}/${line.resource_version}`

/** Everything that the witness saw is in the log, `repeats` aside exactly once. */
function assertSame(lines: readonly Line[], witness: Witness, repeats = 0): void {
  const logged = lines.map(keyOf)
  const seen = witness.puts().map(({ uid, resourceVersion }) => `${uid}/${resourceVersion}`)
  assert.deepEqual(new Set(logged), new Set(seen))
  assert.ok(logged.length - seen.length <= repeats, `${logged.length - seen.length} lines are repeated`)
}

/** The counters say what the oracle did, series by series. */
async function assertCounted(kec: Kec, oracle: Oracle): Promise<void> {
  const expected = new Map<string, number>()
  for (const { type, reason, kind, namespace, versions } of oracle.events) {
    const series = JSON.stringify({ type, reason, kind, namespace })
    expected.set(series, (expected.get(series) ?? 0) + (versions.at(-1)?.count ?? 0))
  }
  const reasons = new Set(oracle.events.map(({ reason }) => reason))
  const samples = (await kec.metric('kec_events_total')).filter(({ labels }) => reasons.has(labels.reason ?? ''))
  const counted = new Map(
    samples.map(({ labels: { type, reason, kind, namespace }, value }) => [JSON.stringify({ type, reason, kind, namespace }), value]),
  )
  assert.deepEqual(new Map([...counted].sort()), new Map([...expected].sort()))
}

/** Promise 4, as a scrape shows it. */
async function assertBalanced(kec: Kec): Promise<void> {
  const journaled = await kec.sum('kec_journal_events_total')
  const received = await kec.sum('kec_source_events_total')
  const rest =
    (await kec.sum('kec_source_duplicates_total')) +
    (await kec.sum('kec_filtered_events_total')) +
    (await kec.sum('kec_history_skipped_total'))
  assert.equal(received, rest + journaled)
  for (const sink of ['log', 'metrics']) {
    const own = async (name: string) =>
      (await kec.metric(name)).filter(({ labels }) => labels.sink === sink).reduce((sum, { value }) => sum + value, 0)
    assert.equal(journaled, (await own('kec_sink_events_total')) + (await own('kec_sink_pending_events')), `the books of ${sink}`)
  }
}

/** What the log says of the oracles' events. The API server may write an event of its own when it starts: it is not among these. */
function occurrencesIn(lines: readonly Line[], ...oracles: readonly Oracle[]): number {
  const uids = new Set(oracles.flatMap(({ acknowledged }) => acknowledged.map(({ uid }) => uid)))
  return lines.filter(({ uid }) => uids.has(uid)).reduce((sum, { occurrences }) => sum + occurrences, 0)
}

/** What is logged once the last version of each event is, and nothing is pending. */
async function lastOfEach(kec: Kec, oracle: Oracle): Promise<readonly Line[]> {
  const wanted = oracle.last.map(({ uid, resourceVersion }) => `${uid}/${resourceVersion}`)
  let lines: readonly Line[] = []
  await waitFor('the last version of each', () => {
    lines = kec.lines()
    const logged = new Set(lines.map(keyOf))
    return wanted.every(key => logged.has(key))
  })
  await kec.logged(0)
  return lines
}

test('20,000 creates and updates at full speed: all of it once, and counted', options, async t => {
  await using cluster = await RealCluster.start()
  for (const name of ['shop', 'kitchen']) await cluster.namespace(name)
  const witness = await cluster.witness()
  await using kec = await Kec.start(join(cluster.folder, 'kec'), cluster.kubeconfig())
  await kec.ready()
  const oracle = new Oracle(cluster, ['default', 'shop', 'kitchen'])
  const began = Date.now()
  await oracle.run({ writes: 20_000 })
  t.diagnostic(`${oracle.acknowledged.length} writes in ${Date.now() - began} ms`)
  const lines = await kec.logged(20_000)
  assertSame(lines, witness)
  await assertCounted(kec, oracle)
  await assertBalanced(kec)
  assert.equal(occurrencesIn(lines, oracle), oracle.occurrences)
  assert.equal(await kec.sum('kec_source_gap_seconds_total'), 0)
  assert.equal(await kec.stop(), 0)
  await oracle.close()
})

test('kill -9 and restart of the API server', options, async () => {
  await using cluster = await RealCluster.start()
  const witness = await cluster.witness()
  await using kec = await Kec.start(join(cluster.folder, 'kec'), cluster.kubeconfig())
  await kec.ready()
  const oracle = new Oracle(cluster)
  const writing = oracle.run({ writes: 4_000 })
  await waitFor('some writes', () => oracle.acknowledged.length > 1_000)
  await cluster.restartServer('SIGKILL')
  await writing
  assertSame(await kec.logged(4_000), witness)
  await assertCounted(kec, oracle)
  await assertBalanced(kec)
  await oracle.close()
})

test('compaction while the connection is cut: the last version of each, and the sum of occurrences', options, async t => {
  await using cluster = await RealCluster.start()
  await using line = await TelephoneLine.to(Number(new URL(cluster.url).port))
  const server = `https://127.0.0.1:${line.port}`
  await using kec = await Kec.start(join(cluster.folder, 'kec'), cluster.kubeconfig(undefined, { server }))
  await kec.ready()
  const oracle = new Oracle(cluster)
  await oracle.run({ writes: 1_000 })
  await kec.logged(1_000)
  line.cut()
  await oracle.run({ writes: 3_000 })
  await cluster.compact()
  line.mend()
  const lines = await lastOfEach(kec, oracle)
  assert.equal(new Set(lines.map(keyOf)).size, lines.length, 'nothing comes twice')
  assert.equal(occurrencesIn(lines, oracle), oracle.occurrences)
  await assertCounted(kec, oracle)
  await assertBalanced(kec)
  const gap = await kec.sum('kec_source_gap_seconds_total')
  t.diagnostic(`a gap of ${gap} s, ${lines.length} of ${oracle.acknowledged.length} versions seen`)
  assert.ok(gap > 0)
  await oracle.close()
})

test('credentials that expire', options, async () => {
  await using cluster = await RealCluster.start()
  await using line = await TelephoneLine.to(Number(new URL(cluster.url).port))
  const account = await cluster.serviceAccount('kec', [{ apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['list', 'watch'] }])
  const tokenFile = join(cluster.folder, 'token')
  const renew = (expires: Date) => {
    writeFileSync(`${tokenFile}.new`, cluster.credentials.serviceAccountToken(account, expires))
    renameSync(`${tokenFile}.new`, tokenFile)
  }
  renew(new Date(Date.now() + 8_000))
  const witness = await cluster.witness()
  const kubeconfig = cluster.kubeconfig({ tokenFile }, { server: `https://127.0.0.1:${line.port}` })
  await using kec = await Kec.start(join(cluster.folder, 'kec'), kubeconfig)
  await kec.ready()
  const oracle = new Oracle(cluster)
  await oracle.run({ writes: 500 })
  // The API server remembers for some seconds whom it let in, and lets expired tokens be late.
  await waitFor('kec to be refused', async () => {
    line.cut()
    line.mend()
    await sleep(500)
    return /nauthorized/.test(kec.said)
  })
  await oracle.run({ writes: 500 })
  renew(new Date(Date.now() + 3600_000))
  assertSame(await kec.logged(1_000), witness)
  await assertCounted(kec, oracle)
  await oracle.close()
})

test("the events' etcd is wiped under the live API server: what was acknowledged since decides", options, async t => {
  await using cluster = await RealCluster.start({ separateEvents: true })
  await using line = await TelephoneLine.to(Number(new URL(cluster.url).port))
  const server = `https://127.0.0.1:${line.port}`
  await using kec = await Kec.start(join(cluster.folder, 'kec'), cluster.kubeconfig(undefined, { server }))
  await kec.ready()
  const before = new Oracle(cluster, ['default'], 'before')
  await before.run({ writes: 500 })
  await kec.logged(500)
  await cluster.wipeEvents()
  const after = new Oracle(cluster, ['default'], 'after')
  await after.run({ writes: 2_000 })
  line.cut()
  line.mend()
  const lines = await lastOfEach(kec, after)
  assert.equal(new Set(lines.map(keyOf)).size, lines.length, 'nothing comes twice')
  assert.equal(occurrencesIn(lines, before, after), before.occurrences + after.occurrences)
  await kec.heard(/unseen/)
  t.diagnostic(`a gap of ${await kec.sum('kec_source_gap_seconds_total')} s`)
  await before.close()
  await after.close()
})

for (const signal of ['SIGTERM', 'SIGKILL'] as const)
  test(`a restart of kec by ${signal}`, options, async t => {
    await using cluster = await RealCluster.start()
    const witness = await cluster.witness()
    const folder = join(cluster.folder, 'kec')
    const kubeconfig = cluster.kubeconfig()
    await using first = await Kec.start(folder, kubeconfig)
    await first.ready()
    const oracle = new Oracle(cluster)
    const writing = oracle.run({ writes: 4_000 })
    await waitFor('some writes', () => oracle.acknowledged.length > 1_500)
    const code = await first.stop(signal)
    if (signal === 'SIGTERM') assert.equal(code, 0)
    await waitFor('some more writes', () => oracle.acknowledged.length > 2_500)
    await using second = await Kec.start(folder, kubeconfig)
    await second.ready()
    await writing
    const lines = await second.logged(4_000)
    // What was in flight at a kill may come twice; at a stop nothing may.
    assertSame(lines, witness, signal === 'SIGKILL' ? 500 : 0)
    t.diagnostic(`${lines.length - 4_000} lines repeated`)
    await assertCounted(second, oracle)
    await assertBalanced(second)
    await oracle.close()
  })
