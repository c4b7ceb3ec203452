import assert from 'node:assert/strict'
import { test } from 'node:test'
import { missing } from './harness/assets.ts'
import { RealCluster } from './harness/cluster.ts'
import { Oracle } from './harness/oracle.ts'
import { waitFor } from './harness/process.ts'

const skip = missing('kube-apiserver', 'etcd', 'openssl')
const minutes = 60_000

test('the witness saw just what the oracle got acknowledged, through kill -9 of the API server', {
  skip,
  timeout: 3 * minutes,
}, async () => {
  await using cluster = await RealCluster.start()
  const witness = await cluster.witness()
  const oracle = new Oracle(cluster)
  const writing = oracle.run({ writes: 3000 })
  await waitFor('a third of the writes', () => oracle.acknowledged.length > 1000)
  await cluster.restartServer('SIGKILL')
  await writing
  await oracle.close()
  const newest = oracle.acknowledged.reduce(
    (max, { resourceVersion }) => (BigInt(resourceVersion) > max ? BigInt(resourceVersion) : max),
    0n,
  )
  await witness.reached(String(newest))
  const seen = witness.puts().filter(({ name }) => name.startsWith('oracle-'))
  const key = ({ uid, resourceVersion }: { uid?: string; resourceVersion: string }) => `${uid}@${resourceVersion}`
  assert.deepEqual(seen.map(key).sort(), oracle.acknowledged.map(key).sort())
  assert.equal(oracle.acknowledged.length, 3000)
  assert.ok(oracle.lost > 0, 'the kill cost no answer: nothing was tried')
})
