import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { MetricsRegistry } from '../../src/host/metrics.ts'
import { listen } from '../listen.ts'
import { imbalances, samplesOf } from '../scrape.ts'
import { missing } from './harness/assets.ts'
import { RealCluster } from './harness/cluster.ts'
import { Kec } from './harness/kec.ts'
import { Oracle } from './harness/oracle.ts'
import { faultsOf, Prometheus } from './harness/prometheus.ts'

const quiet = { debug() {}, info() {}, warn() {}, error() {} }

const hostile = ['a"} 1\nfake_total{x="', '\\', '\\n', '\r\n', '\u0000', '\u001b[2J', '\u2028', '</script>', '__proto__', '日本', '']

function hostileRegistry(): MetricsRegistry {
  const registry = new MetricsRegistry(quiet)
  registry.histogram('kec_batch_seconds', 'How long a batch takes.', ['sink'])({ sink: 'log' }, 0.2)
  registry
    .forPlugin('mine', work => work())
    .counter({
      name: 'mine_total',
      help: 'A "help" with\na line end and a \\.',
      labelNames: ['reason', 'number'],
      collect: () => hostile.map((reason, i) => ({ labels: { reason, number: String(i) }, value: i + 1 })),
    })
  return registry
}

test('promtool finds faults where there are some', { skip: missing('promtool') }, () => {
  assert.match(faultsOf('# TYPE a counter\na 1\n'), /a counter metrics should have "_total" suffix/)
  assert.match(faultsOf('a{ 1\n'), /error while linting/)
})

test('promtool finds no fault with the registry, whatever the values', { skip: missing('promtool') }, async () => {
  assert.equal(faultsOf(await hostileRegistry().text()), '')
})

test('a real Prometheus reads back each value as it was', { skip: missing('prometheus'), timeout: 120_000 }, async t => {
  const registry = hostileRegistry()
  const server = createServer(async (_, answer) => {
    answer.setHeader('content-type', registry.contentType)
    answer.end(await registry.text())
  })
  await using prometheus = await Prometheus.scraping(`127.0.0.1:${await listen(t, server)}`)
  const results = await prometheus.query('mine_total')
  const found = results.map(({ labels, value }) => [Number(labels.number), labels.reason ?? '', value]).sort(([a = 0], [b = 0]) => +a - +b)
  assert.deepEqual(
    found,
    hostile.map((reason, i) => [i, reason, i + 1]),
  )
  assert.equal((await prometheus.query('{__name__=~"fake.*"}')).length, 0)
})

const everything = missing('kube-apiserver', 'etcd', 'openssl', 'prometheus', 'promtool')

test('kec on a real cluster, scraped by a real Prometheus', { skip: everything, timeout: 300_000 }, async t => {
  await using cluster = await RealCluster.start()
  await using kec = await Kec.start(join(cluster.folder, 'kec'), cluster.kubeconfig())
  await kec.ready()
  await using prometheus = await Prometheus.scraping(new URL(kec.url).host)
  const oracle = new Oracle(cluster)
  let written = false
  const writing = oracle.run({ writes: 3_000 }).finally(() => {
    written = true
  })
  // The books at scrapes as fast as they can be had, each of them whole, while events flow.
  const journaled = new Set<number>()
  let own = 0
  for (; !written; own++) {
    const text = await kec.scrape()
    assert.deepEqual(imbalances(text), [])
    journaled.add(samplesOf(text, 'kec_journal_events_total').reduce((sum, { value }) => sum + value, 0))
  }
  await writing
  assert.ok(journaled.size > 10, 'events flowed between the scrapes')
  // The API server may write an event of its own when it starts: it is not the oracle's.
  const reasons = [...new Set(oracle.events.map(({ reason }) => reason))].join('|')
  await prometheus.shows(`sum(kec_events_total{reason=~"${reasons}"})`, oracle.occurrences)
  const ofSink = (name: string) => `${name}{sink="log"}`
  // And at every scrape of Prometheus so far.
  for (const books of [
    `sum(kec_source_events_total) - sum(kec_source_duplicates_total) - (sum(kec_filtered_events_total) or vector(0))
     - sum(kec_history_skipped_total) - sum(kec_journal_events_total)`,
    `sum(${ofSink('kec_sink_journaled_events_total')}) - sum(${ofSink('kec_sink_events_total')}) - sum(${ofSink('kec_sink_dead_letters')})
     - sum(${ofSink('kec_sink_pending_events')})`,
  ]) {
    assert.deepEqual(
      (await prometheus.query(`max_over_time(abs(${books})[10m:1s])`)).map(({ value }) => value),
      [0],
    )
  }
  const scrapes = (await prometheus.query('count_over_time(up[10m])'))[0]?.value ?? 0
  t.diagnostic(
    `${own} scrapes of the test, ${journaled.size} states of the journal; ${scrapes} of Prometheus; ${oracle.occurrences} occurrences`,
  )
  assert.equal(faultsOf(await kec.scrape()), '')
  await oracle.close()
})
