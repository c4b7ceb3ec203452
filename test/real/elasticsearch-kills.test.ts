// kill -9 of kec and of Elasticsearch, a restart, and one that hangs, while a real API server is written to; etcd is the witness. What Elasticsearch has in the end
// is what was written, each once. KEC_TEST_ELASTICSEARCH_EVENTS=50000 makes it more.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { waitFor } from '../wait-for.ts'
import { missing } from './harness/assets.ts'
import { RealCluster } from './harness/cluster.ts'
import { noElasticsearch, RealElasticsearch } from './harness/elasticsearch.ts'
import { Kec } from './harness/kec.ts'
import { Oracle } from './harness/oracle.ts'

const events = Number(process.env.KEC_TEST_ELASTICSEARCH_EVENTS ?? 10_000)
const patience = 60_000 + events * 10
const stream = 'kec-events-real'

const skip = missing('kube-apiserver', 'etcd', 'openssl') || noElasticsearch()

test(`${events} events, kill -9 of kec and of Elasticsearch: the ids are those that were written, each once`, {
  skip,
  timeout: 2 * patience,
}, async t => {
  await using cluster = await RealCluster.start()
  await using elasticsearch = await RealElasticsearch.start()
  const witness = await cluster.witness()
  const oracle = new Oracle(cluster)
  const folder = join(cluster.folder, 'kec')
  const kubeconfig = cluster.kubeconfig()
  const options = { node: elasticsearch.url, ...elasticsearch.user, timeout: 3_000 }
  const plugins = [{ use: 'elasticsearch', options, delivery: { maxBatch: 200, linger: 0 } }]
  const start = () => Kec.start(folder, kubeconfig, { plugins })
  let kec = await start()
  const killKec = async () => {
    await kec.stop('SIGKILL')
    kec = await start()
  }
  /** Until kec has noticed. */
  const trouble = async (make: () => void | Promise<void>) => {
    const retries = await kec.sum('kec_sink_retries_total')
    await make()
    await oracle.create() // all before it may have been delivered by now
    await waitFor('kec to try again', async () => (await kec.sum('kec_sink_retries_total')) > retries)
  }
  const deeds = [
    killKec,
    () => trouble(() => elasticsearch.stop('SIGKILL')).then(() => elasticsearch.start()),
    killKec,
    () => trouble(() => elasticsearch.pause()).then(() => elasticsearch.resume()),
    () =>
      trouble(() => elasticsearch.stop('SIGTERM'))
        .then(killKec)
        .then(() => elasticsearch.start()),
    () => elasticsearch.stop('SIGKILL').then(() => elasticsearch.start()),
    killKec,
  ]
  let writing: Promise<void> | undefined
  try {
    await kec.ready()
    for (const [i, deed] of deeds.entries()) {
      // In the middle of a share of the events.
      const moment = (events / deeds.length) * (i + 0.5)
      writing = oracle.run({ writes: Math.floor((events * (i + 1)) / deeds.length) - oracle.written, creates: 1, rate: 1_000 })
      await waitFor(`${moment} events in Elasticsearch`, async () => (await elasticsearch.count(stream)) >= moment, patience)
      await deed()
      await writing
      await kec.ready()
    }
    await waitFor('all events in Elasticsearch', async () => (await elasticsearch.count(stream)) >= events, patience)
    await waitFor('nothing to be pending', async () => (await kec.sum('kec_sink_pending_events')) === 0, patience)

    // The API server may write an event of its own as it starts, before there is a witness.
    const isOurs = (name: string) => name.startsWith('oracle-')
    const hits = (await elasticsearch.all(stream)).filter(({ _source: { kubernetes } }) => isOurs(kubernetes.event.name))
    const keys = hits.map(({ _source: { kubernetes } }) => `${kubernetes.event.uid}/${kubernetes.event.resource_version}`)
    const puts = witness.puts().filter(({ name }) => isOurs(name))
    const seen = new Set(puts.map(({ uid, resourceVersion }) => `${uid}/${resourceVersion}`))
    const acknowledged = oracle.acknowledged.map(({ uid, resourceVersion }) => `${uid}/${resourceVersion}`)
    t.diagnostic(
      `${acknowledged.length} events acknowledged, ${seen.size} versions in etcd, ${hits.length} documents, ${new Set(keys).size} of them different`,
    )
    t.diagnostic(`${oracle.lost} answers to the oracle lost; dead letters: ${await kec.sum('kec_sink_dead_letters')}`)
    assert.equal(acknowledged.length, events)
    assert.deepEqual(new Set(keys), seen)
    assert.equal(keys.length, seen.size, 'each once')
    assert.ok(hits.every(({ _id, _source }) => _id === _source.event.id && _id.endsWith(`/${_source.kubernetes.event.resource_version}`)))
  } finally {
    await writing?.catch(() => undefined)
    await kec[Symbol.asyncDispose]()
    await oracle.close()
  }
})
