// `kec start` on a real API server, through what happens to API servers. An oracle knows what was acknowledged, etcd itself is the witness.
import assert from 'node:assert/strict'
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { waitFor } from '../wait-for.ts'
import { missing } from './harness/assets.ts'
import { RealCluster } from './harness/cluster.ts'
import { Kec } from './harness/kec.ts'
import { TelephoneLine } from './harness/line.ts'
import { Oracle } from './harness/oracle.ts'
import { allOf, assertBalanced, assertCounted, assertSame, occurrencesIn } from './harness/verdict.ts'

const skip = missing('kube-apiserver', 'etcd', 'openssl')
const options = { skip, timeout: 5 * 60_000 }

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
  const lines = await allOf(kec, oracle)
  assertSame(lines, witness, oracle)
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
  assertSame(await allOf(kec, oracle), witness, oracle)
  await assertCounted(kec, oracle)
  await assertBalanced(kec)
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
    await sleep(500) // a cut at every look would leave kec no time to ask
    return /nauthorized/.test(kec.said)
  })
  await oracle.run({ writes: 500 })
  renew(new Date(Date.now() + 3600_000))
  assertSame(await allOf(kec, oracle), witness, oracle)
  await assertCounted(kec, oracle)
  await oracle.close()
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
    const lines = await allOf(second, oracle)
    // What was in flight at a kill may come twice; at a stop nothing may.
    assertSame(lines, witness, oracle, signal === 'SIGKILL' ? 500 : 0)
    t.diagnostic(`${lines.length - 4_000} lines repeated`)
    await assertCounted(second, oracle)
    await assertBalanced(second)
    await oracle.close()
  })
