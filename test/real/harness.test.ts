// The harness itself: what the other real tests rely on.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Client } from '../contract/client.ts'
import { expected } from '../contract/place.ts'
import { Stream } from '../contract/stream.ts'
import { waitFor } from '../wait-for.ts'
import { missing } from './harness/assets.ts'
import { RealCluster } from './harness/cluster.ts'
import { type Acknowledged, Oracle } from './harness/oracle.ts'
import type { Deed, Witness } from './harness/witness.ts'

const options = { skip: missing('kube-apiserver', 'etcd', 'openssl'), timeout: 180_000 }
const events = '/apis/events.k8s.io/v1/events'

const versionOf = ({ uid, resourceVersion }: Acknowledged | Deed) => `${uid}@${resourceVersion}`

/** The newest acknowledged version. */
const newest = (oracle: Oracle): string =>
  String(oracle.acknowledged.reduce((max, { resourceVersion }) => (BigInt(resourceVersion) > max ? BigInt(resourceVersion) : max), 0n))

const oraclesOwn = (witness: Witness): Deed[] => witness.puts().filter(({ name }) => name.startsWith('oracle-'))

test('the witness saw just what the oracle got acknowledged, through kill -9 of the API server', options, async () => {
  await using cluster = await RealCluster.start()
  await cluster.namespace('shop')
  const witness = await cluster.witness()
  const oracle = new Oracle(cluster, ['default', 'shop'])
  const writing = oracle.run({ writes: 3000 })
  await waitFor('a third of the writes', () => oracle.acknowledged.length > 1000)
  await cluster.restartServer('SIGKILL')
  await writing
  await oracle.close()
  await witness.reached(newest(oracle))
  assert.equal(oracle.acknowledged.length, 3000)
  assert.deepEqual(oraclesOwn(witness).map(versionOf).sort(), oracle.acknowledged.map(versionOf).sort())
  assert.ok(oracle.lost > 0, 'the kill cost no answer: nothing was tried')
  // The oracle's sums are what is in the store.
  const last = new Map(oraclesOwn(witness).map(({ uid, count }) => [uid, count || 1]))
  assert.equal(
    [...last.values()].reduce((sum, count) => sum + count, 0),
    oracle.occurrences,
  )
})

test("events' etcd is wiped under the live API server: an open watch stays silent, versions restart", options, async () => {
  await using cluster = await RealCluster.start({ separateEvents: true })
  const oracle = new Oracle(cluster)
  await oracle.run({ writes: 50 })
  const before = newest(oracle)
  const stream = await Stream.open(cluster.client, `${events}?watch=1&resourceVersion=${before}&timeoutSeconds=3`)
  await cluster.wipeEvents()
  await waitFor('an empty list', async () => (await cluster.client.get(events)).body.items?.length === 0)
  const after = await oracle.create()
  await oracle.close()
  assert.ok(BigInt(after.versions[0]?.resourceVersion ?? before) < BigInt(before))
  assert.deepEqual(await stream.rest(), [])
})

test('compaction makes an old version 410', options, async () => {
  await using cluster = await RealCluster.start()
  const oracle = new Oracle(cluster)
  await oracle.run({ writes: 20, concurrency: 1 })
  await cluster.compact()
  await oracle.close()
  const version = oracle.acknowledged[0]?.resourceVersion
  const { status } = await cluster.client.get(`${events}?resourceVersion=${version}&resourceVersionMatch=Exact`)
  assert.equal(status, 410)
})

test('events go with their TTL, and the witness sees them go', options, async () => {
  await using cluster = await RealCluster.start({ eventTtl: '2s' })
  const witness = await cluster.witness()
  const oracle = new Oracle(cluster)
  await oracle.run({ writes: 5, creates: 1 })
  await oracle.close()
  await waitFor('five deletes', () => witness.deeds.filter(({ type }) => type === 'delete').length === 5)
})

test('service accounts, client certificates and kubeconfigs of any expiry', options, async t => {
  await using cluster = await RealCluster.start()
  const { credentials } = cluster
  const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000)
  const rules = [{ apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['list', 'watch'] }]
  const account = await cluster.serviceAccount('reader', rules)
  const ask = (path: string, token: string) => cluster.client.call('GET', path, { token })

  await t.test('a token may do what the rules say, until it expires', async () => {
    const token = credentials.serviceAccountToken(account, inSeconds(60))
    await waitFor('the rules to hold', async () => (await ask(events, token)).status === 200)
    const refused = await ask('/api/v1/events', token)
    assert.equal(refused.status, 403)
    assert.match(refused.body.message, /User "system:serviceaccount:default:reader" cannot list resource "events"/)
    assert.equal((await ask(events, credentials.serviceAccountToken(account, inSeconds(-1)))).status, 401)
    const short = credentials.serviceAccountToken(account, inSeconds(2))
    assert.equal((await ask(events, short)).status, 200)
    await waitFor('the token to expire', async () => (await ask(events, short)).status === 401)
  })

  await t.test('a client certificate, and one that has expired', async () => {
    const status = async (expires: Date) => {
      const { certificate, key } = credentials.clientCertificate('someone', ['system:masters'], expires)
      const client = new Client({ url: cluster.url, token: '', ca: cluster.ca, certificate, key })
      try {
        return (await client.get(events)).status
      } finally {
        await client.close()
      }
    }
    assert.equal(await status(inSeconds(60)), 200)
    assert.equal(await status(inSeconds(-5)), 401)
  })

  await t.test('a kubeconfig names server, CA and user', () => {
    const config = JSON.parse(readFileSync(cluster.kubeconfig(), 'utf8'))
    assert.equal(config.clusters[0].cluster.server, cluster.url)
    assert.equal(Buffer.from(config.clusters[0].cluster['certificate-authority-data'], 'base64').toString(), cluster.ca)
    assert.deepEqual(config.users[0].user, { token: cluster.token })
  })

  await t.test('the server answers under its own names only, with its own CA only', async () => {
    const stranger = new Client({ url: cluster.url, token: cluster.token })
    await assert.rejects(stranger.get('/readyz'), /certificate|self-signed/i)
    await stranger.close()
    expected(200, await cluster.client.get('/readyz'))
  })
})
