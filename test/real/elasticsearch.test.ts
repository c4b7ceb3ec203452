// The elasticsearch plugin in a real `kec start`, on a real Elasticsearch: one for the whole file.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { translatePredecessor } from '../../src/config/predecessor.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { waitFor } from '../wait-for.ts'
import { noElasticsearch, RealElasticsearch } from './harness/elasticsearch.ts'
import { Kec } from './harness/kec.ts'
import { TelephoneLine } from './harness/line.ts'
import { temporaryFolder } from './harness/process.ts'

const options = { skip: noElasticsearch(), timeout: 180_000 }

let elasticsearch: RealElasticsearch

before(async () => {
  if (options.skip === false) elasticsearch = await RealElasticsearch.start()
})
after(async () => elasticsearch?.[Symbol.asyncDispose]())

interface Place {
  readonly sandbox: Sandbox
  readonly kec: Kec
  /** Makes so many events, and answers their ids. */
  create(count: number, more?: object): Promise<string[]>
  /** Until the sink has nothing pending. */
  settled(): Promise<void>
}

/** A sandbox, and a kec of its own that sends to Elasticsearch with these options. */
async function place(t: TestContext, cluster: string, more: object = {}, server = elasticsearch): Promise<Place> {
  const sandbox = await startSandbox()
  t.after(() => sandbox.close())
  const folder = temporaryFolder()
  const kubeconfig = join(folder, 'kubeconfig')
  writeFileSync(kubeconfig, sandbox.kubeconfig, { mode: 0o600 })
  const access = 'node' in more ? {} : { node: server.url, ...server.user }
  const plugins = [{ use: 'elasticsearch', options: { ...access, ...more }, delivery: { linger: 0 } }]
  const kec = await Kec.start(folder, kubeconfig, { cluster, plugins })
  t.after(() => kec[Symbol.asyncDispose]())
  await kec.ready()
  let made = 0
  return {
    sandbox,
    kec,
    async create(count, more = {}) {
      const events = Array.from({ length: count }, () =>
        sandbox.store.create({ metadata: { name: `event-${made++}` }, type: 'Warning', reason: 'BackOff', message: 'Back-off', ...more }),
      )
      await waitFor('the journal to have them', async () => (await kec.sum('kec_journal_events_total')) === made)
      return events.map(({ metadata }) => `${metadata.uid}/${metadata.resourceVersion}`)
    },
    async settled() {
      await waitFor('nothing to be pending', async () => (await kec.sum('kec_sink_pending_events')) === 0)
    },
  }
}

/** The event and its version, of each document. */
const keysOf = async (index: string, server = elasticsearch): Promise<string[]> =>
  (await server.all(index)).map(({ _source: { kubernetes } }) => `${kubernetes.event.uid}/${kubernetes.event.resource_version}`)

test('flood stage: the index is read-only; events wait, and are there once when it is lifted', options, async t => {
  const { kec, create, settled } = await place(t, 'flood')
  const first = await create(5)
  await settled()
  const block = (value: true | null) =>
    elasticsearch.do('PUT', '/kec-events-flood/_settings', { 'index.blocks.read_only_allow_delete': value })
  await block(true)
  const second = await create(700)
  await kec.heard(/has blocked the index \(429\).*disk usage exceeded/)
  assert.equal(await elasticsearch.count('kec-events-flood'), 5)
  await block(null)
  await settled()
  assert.deepEqual((await keysOf('kec-events-flood')).sort(), [...first, ...second].sort())
  assert.equal(await kec.sum('kec_sink_dead_letters'), 0)
})

test('a mapping that does not fit: a dead letter with the reason of Elasticsearch; the others are taken', options, async t => {
  await elasticsearch.do('PUT', '/odd', { mappings: { properties: { message: { type: 'long' } } } })
  const { kec, create, settled } = await place(t, 'odd', { index: 'odd', template: false })
  await create(3, { message: '17' })
  await create(2, { message: 'seventeen' })
  await create(3, { message: '18' })
  await settled()
  assert.equal(await elasticsearch.count('odd'), 6)
  assert.equal(await kec.sum('kec_sink_dead_letters'), 2)
  assert.match(kec.said, /document_parsing_exception.*failed to parse field \[message\] of type \[long\].*seventeen/)
})

test('who names labels, or writes without end, can neither blow up the mapping nor make his event unwelcome', options, async t => {
  const { kec, create, settled } = await place(t, 'hostile')
  const mapping = async () => Object.values(await elasticsearch.do('GET', '/kec-events-hostile/_mapping'))
  await create(1)
  await settled()
  const before = await mapping()
  const odd = (n: number) => [`label.with-dots-${n}/n`, `${n}`] as const
  const labels = Object.fromEntries(Array.from({ length: 2_000 }, (_, n) => odd(n)))
  const long = '\u{1f600}"\\\n\u0000'.repeat(10_000)
  await create(1, { metadata: { name: 'hostile', labels, annotations: { long } }, message: long, reason: long, action: long })
  await settled()
  assert.deepEqual(await mapping(), before)
  const [hit] = (await elasticsearch.all('kec-events-hostile')).filter(({ _source }) => _source.kubernetes.event.name === 'hostile')
  const { message, event, kubernetes } = hit?._source ?? {}
  assert.match(message, /… \[cut by kec, 60000 characters\]$/)
  assert.deepEqual([message.length, event.reason.length, kubernetes.event.labels.length], [8_192, 1_024, 65])
  assert.equal(await kec.sum('kec_sink_dead_letters'), 0)
})

test('a server that takes no more at once (413): in halves; only an event that is too large alone is a dead letter', options, async t => {
  await using small = await RealElasticsearch.start('http.max_content_length=64kb')
  const { kec, create, settled } = await place(t, 'small', {}, small)
  const created = await create(600)
  const text = 'x'.repeat(1_000)
  const labels = Object.fromEntries(Array.from({ length: 64 }, (_, n) => [`label-${n}`, text]))
  await create(1, { metadata: { name: 'large', labels, annotations: labels } })
  created.push(...(await create(100)))
  await settled()
  assert.deepEqual((await keysOf('kec-events-small', small)).sort(), created.sort())
  assert.equal(await kec.sum('kec_sink_dead_letters'), 1)
  assert.match(kec.said, /a bulk request was too large for Elasticsearch \(413\): from now on \d+ bytes at most/)
  assert.match(kec.said, /too large for Elasticsearch \(413\): \d{6} bytes/)
})

test('a closed index, no room for another shard, or for another field: no event is given up for that', options, async t => {
  const id = { type: 'keyword' }
  await elasticsearch.do('PUT', '/closed', { mappings: { properties: { event: { properties: { id } } } } })
  await elasticsearch.do('POST', '/closed/_close')
  const { kec, create, settled } = await place(t, 'closed', { index: 'closed', template: false })
  const created = await create(3)
  await kec.heard(/answers 400, index_closed_exception/)
  await elasticsearch.do('POST', '/closed/_open')
  await settled()
  assert.deepEqual((await keysOf('closed')).sort(), created.sort())

  const limit = (shards: number | null) =>
    elasticsearch.do('PUT', '/_cluster/settings', { persistent: { 'cluster.max_shards_per_node': shards } })
  await limit(1)
  const full = await place(t, 'shards')
  const waiting = await full.create(3)
  await full.kec.heard(/answers 400, validation_exception: .*shards/)
  await limit(null)
  await full.settled()
  assert.deepEqual((await keysOf('kec-events-shards')).sort(), waiting.sort())

  const setting = 'index.mapping.total_fields.limit'
  await elasticsearch.do('PUT', '/fields', { settings: { [setting]: 5 }, mappings: { properties: { event: { properties: { id } } } } })
  const narrow = await place(t, 'fields', { index: 'fields', template: false })
  const refused = await narrow.create(3)
  await narrow.kec.heard(/answers 400, document_parsing_exception: .*Limit of total fields \[5\]/)
  await elasticsearch.do('PUT', '/fields/_settings', { [setting]: 1_000 })
  await narrow.settled()
  assert.deepEqual((await keysOf('fields')).sort(), refused.sort())
  for (const one of [kec, full.kec, narrow.kec]) assert.equal(await one.sum('kec_sink_dead_letters'), 0)
})

test('a right that is missing is named, first that for the template, then that for the events; then all are there', options, async t => {
  const user = { username: 'kec', password: 'password-of-kec' }
  const grant = (role: object) => elasticsearch.users({ kec: { password: user.password, role } })
  const indices = (...privileges: string[]) => ({ indices: [{ names: ['kec-events-*'], privileges }] })
  grant({ cluster: ['monitor'] })
  const authorization = `Basic ${Buffer.from(`${user.username}:${user.password}`).toString('base64')}`
  await waitFor(
    'the user to be known',
    async () => (await fetch(`${elasticsearch.url}/_cluster/health`, { headers: { authorization } })).ok,
  )

  const { kec, create, settled } = await place(t, 'rights', { node: elasticsearch.url, ...user })
  const created = await create(3)
  await kec.heard(/\(403\): kec needs the cluster privilege manage_index_templates/)
  grant({ cluster: ['monitor', 'manage_index_templates'], ...indices('read') })
  await kec.heard(/\(403\): kec needs the index privileges create_doc and auto_configure on kec-events-rights/)
  assert.equal(await elasticsearch.count('kec-events-rights'), 0)
  grant({ cluster: ['monitor', 'manage_index_templates'], ...indices('create_doc', 'auto_configure') })
  await settled()
  assert.deepEqual((await keysOf('kec-events-rights')).sort(), created.sort())
  assert.ok(!kec.said.includes(user.password))
})

test('a rollover while an answer is lost: these events are there twice, with one id; nothing is missing', options, async t => {
  await using line = await TelephoneLine.to(elasticsearch.port)
  const { create, settled } = await place(t, 'rolling', { node: `http://127.0.0.1:${line.port}`, ...elasticsearch.user })
  const before = await create(20)
  await settled()
  line.holdUpAfter(0)
  const during = await create(30)
  await waitFor('Elasticsearch to have them', async () => (await elasticsearch.count('kec-events-rolling')) === 50)
  await elasticsearch.do('POST', '/kec-events-rolling/_rollover')
  line.mend()
  line.cut()
  line.mend()
  await settled()
  const later = await create(10)
  await settled()
  const hits = await elasticsearch.all('kec-events-rolling')
  const keys = await keysOf('kec-events-rolling')
  assert.deepEqual(new Set(keys), new Set([...before, ...during, ...later]))
  const twice = [...Map.groupBy(keys, key => key)].filter(([, group]) => group.length === 2).map(([key]) => key)
  assert.deepEqual(twice.sort(), during.sort())
  assert.equal(new Set(hits.map(({ _index }) => _index)).size, 2)
  const { aggregations } = await elasticsearch.do('POST', '/kec-events-rolling/_search', queries().at(-1)?.body)
  assert.equal(aggregations.events.value, 60)
})

test("the template: installed once with its retention; the operator's own stays, whatever its name", options, async t => {
  const own = { index_patterns: ['kec-events-own*'], priority: 5, data_stream: {}, template: { mappings: { dynamic: false } } }
  await elasticsearch.do('PUT', '/_index_template/mine', own)
  const custom = { template: { settings: { 'index.number_of_replicas': 0, 'index.refresh_interval': '2s' } } }
  await elasticsearch.do('PUT', '/_component_template/kec-events@custom', custom)
  const templateOf = async (name: string) => {
    const { status, body } = await elasticsearch.ask('GET', `/_index_template/${name}`)
    return status === 200 ? body.index_templates[0].index_template : undefined
  }

  const mine = await place(t, 'own')
  await mine.create(1)
  await mine.settled()
  await mine.kec.heard(/the index template mine is there for kec-events-own: kec installs none/)
  assert.equal(await templateOf('kec-events-own'), undefined)
  assert.equal(await elasticsearch.count('kec-events-own'), 1)

  const kecs = await place(t, 'kept', { retention: '7d' })
  await kecs.create(1)
  await kecs.settled()
  await kecs.kec.heard(/the index template kec-events-kept is installed, version 1/)
  assert.partialDeepStrictEqual(await templateOf('kec-events-kept'), { version: 1, template: { lifecycle: { data_retention: '7d' } } })
  const [settings] = Object.values<{ settings: { index: object } }>(await elasticsearch.do('GET', '/kec-events-kept/_settings'))
  assert.partialDeepStrictEqual(settings?.settings.index, { refresh_interval: '2s' })

  const ever = await place(t, 'ever', { retention: 'none' })
  await ever.create(1)
  await ever.settled()
  assert.deepEqual((await templateOf('kec-events-ever')).template.lifecycle, { enabled: true })

  const again = await place(t, 'kept', { retention: '7d' })
  await again.create(1)
  await again.settled()
  assert.doesNotMatch(again.kec.said, /is installed/)
})

test('an index by date, as kec made the template for it', options, async t => {
  const { create, settled } = await place(t, 'dated', { index: 'dated-{yyyy.MM.dd}' })
  const lastTimestamp = `${new Date().toISOString().slice(0, 10)}T00:00:00Z`
  const created = await create(3, { lastTimestamp })
  await settled()
  const name = `dated-${lastTimestamp.slice(0, 10).replaceAll('-', '.')}`
  assert.deepEqual((await keysOf(name)).sort(), created.sort())
  const { [name]: index } = await elasticsearch.do('GET', `/${name}/_mapping`)
  assert.equal(index.mappings.dynamic, 'false')
})

test("the predecessor's configuration: into its index `events`, beside what it had written there", options, async t => {
  const theirs = { type: 'Warning', kind: 'Pod', name: 'web-0', namespace: 'shop', timestamp: '2026-11-24T10:00:00Z', message: 'Back-off' }
  await elasticsearch.do('POST', '/events/_doc', { ...theirs, reason: 'BackOff', source: 'kubelet', host: 'node-2', count: 3 })
  const { username, password } = elasticsearch.user
  const elasticSearchEndpoint = elasticsearch.url.replace('://', `://${username}:${password}@`)
  const { config } = translatePredecessor({ elasticSearchEndpoint, mode: { elasticSearch: true } })
  const [entry] = config.plugins ?? []
  assert.ok(typeof entry === 'object' && 'use' in entry)
  const { create, settled, kec } = await place(t, 'old', entry.options as object) // as translated
  const created = await create(3)
  await settled()
  assert.equal(await elasticsearch.count('events'), 1 + created.length)
  assert.equal(await kec.sum('kec_sink_dead_letters'), 0)
})

/** The queries in the plugin's README. */
function queries(): { readonly path: string; readonly body: object }[] {
  const readme = readFileSync(join(import.meta.dirname, '../../plugins/elasticsearch/README.md'), 'utf8')
  return [...readme.matchAll(/```\nGET (\S+)\n([\s\S]+?)```/g)].map(([, path = '', body = '']) => ({ path, body: JSON.parse(body) }))
}

test('the queries in the README answer their questions', options, async t => {
  const { create, settled } = await place(t, 'prod')
  const pod = { kind: 'Pod', name: 'web-0', namespace: 'shop' }
  const time = new Date().toISOString()
  const common = { lastTimestamp: time, firstTimestamp: time, involvedObject: pod }
  await create(1, { ...common, metadata: { name: 'a', namespace: 'shop' }, count: 1 })
  await create(1, { ...common, metadata: { name: 'b', namespace: 'shop' }, count: 1, type: 'Normal', reason: 'Pulled' })
  const unschedulable = { metadata: { name: 'c', namespace: 'shop', labels: { team: 'payments' } }, reason: 'FailedScheduling' }
  await create(1, { ...common, ...unschedulable, involvedObject: { ...pod, name: 'db-0' }, message: '0/3 nodes: 3 Insufficient memory.' })
  await create(1, { ...common, metadata: { name: 'd' }, involvedObject: { kind: 'Node', name: 'node-2' }, reason: 'NodeNotReady' })
  await settled()
  await elasticsearch.do('POST', '/kec-events-prod/_refresh')

  const asked = queries()
  const answers = await Promise.all(asked.map(({ path, body }) => elasticsearch.do('POST', `/${path}`, body)))
  assert.equal(answers.length, 8)
  const reasons = (hits: { hits: { _source: { event: { reason: string } } }[] }) =>
    hits.hits.map(({ _source }) => _source.event.reason).sort()
  const buckets = (aggregation: { buckets: { key: string; doc_count: number }[] }) => aggregation.buckets.map(({ key }) => key).sort()
  const [byReason, ofPod, byNamespace, overTime, inMessage, ofNodes, byLabel, each] = answers
  assert.deepEqual(buckets(byReason.aggregations.reasons), ['BackOff', 'FailedScheduling', 'NodeNotReady'])
  assert.equal(byReason.aggregations.reasons.buckets[0].times.value, 1)
  assert.deepEqual(reasons(ofPod.hits), ['BackOff', 'Pulled'])
  assert.deepEqual(buckets(byNamespace.aggregations.namespaces), ['default', 'shop'])
  assert.equal(overTime.aggregations.over_time.buckets[0].times.value, 1)
  assert.deepEqual(reasons(inMessage.hits), ['FailedScheduling'])
  assert.deepEqual(reasons(ofNodes.hits), ['NodeNotReady'])
  assert.deepEqual(reasons(byLabel.hits), ['FailedScheduling'])
  assert.equal(each.aggregations.events.value, 4)
})
