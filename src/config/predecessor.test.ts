import assert from 'node:assert/strict'
import { test } from 'node:test'
import { folderWith } from '../../test/folder.ts'
import { loadConfig } from './load.ts'
import { isPredecessor, translatePredecessor } from './predecessor.ts'
import { schema } from './schema.ts'

const complete = `
kubeConfig: /root/.kube/config
filterEventLevel: Warning
elasticSearchEndpoint: http://elastic:battery-staple@es:9200
logFilePath: /var/log/events
mode:
  log: true
  prometheus: true
  message: true
  elasticSearch: true
sender:
  remote: smtp.example.org
  port: 465
  email: ops@example.org
  password: correct-horse
  targets: [oncall@example.org]
`

const load = (t: Parameters<typeof folderWith>[0], text: string) =>
  loadConfig({ cwd: folderWith(t, { 'config.yaml': text }), file: 'config.yaml', env: {} })

test('it runs unchanged, each mode as a sink; what differs is named', async t => {
  const { config, entries, notices, secrets } = await load(t, complete)
  assert.deepEqual(config.source, { kubeconfig: '/root/.kube/config', startFrom: 'all' })
  assert.deepEqual(config.filter, { level: 'Warning' })
  assert.deepEqual(config.server, { host: '0.0.0.0', port: 8080 })
  const [log, metrics, elasticsearch, email] = entries
  assert.equal(entries.length, 4)
  assert.equal(log?.name, 'log')
  assert.partialDeepStrictEqual(log?.options, { file: '/var/log/events/event.log', keepDays: 7 })
  assert.equal(metrics?.name, 'metrics')
  assert.partialDeepStrictEqual(metrics?.options, { legacy: true })
  assert.equal(elasticsearch?.name, 'elasticsearch')
  assert.partialDeepStrictEqual(elasticsearch?.options, { node: 'http://elastic:battery-staple@es:9200', index: 'events' })
  assert.equal(email?.name, 'email')
  const people = { from: 'ops@example.org', to: ['oncall@example.org'] }
  assert.partialDeepStrictEqual(email?.options, { host: 'smtp.example.org', port: 465, password: 'correct-horse', ...people })
  const all = notices.join('\n')
  assert.match(all, /0\.0\.0\.0:8080/)
  assert.match(all, /mode\.message is on: .*certificate of smtp\.example\.org/)
  assert.equal(secrets.mask('the passwords are correct-horse and battery-staple'), 'the passwords are *** and ***')
})

test('an empty filterEventLevel keeps all; modes that are off have no plugin and no notice', async t => {
  const { config, entries, notices } = await load(t, "filterEventLevel: ''\nmode: { log: false, prometheus: true, message: false }\n")
  assert.deepEqual(config.filter, {})
  assert.deepEqual(
    entries.map(({ name }) => name),
    ['metrics'],
  )
  assert.equal(
    notices.some(notice => notice.includes('mode.')),
    false,
  )
})

test('keys without a value, and keys that it never knew, are passed over as before', async t => {
  const { config, notices } = await load(t, 'kubeConfig:\nfilterEventLevel:\nmode:\n  log: true\nsender:\nlogFormat: json\n')
  assert.deepEqual(config.source, { startFrom: 'all' })
  assert.ok(notices.some(notice => notice.includes('logFormat')))
  assert.ok(notices.some(notice => notice.includes('the log goes to stdout')))
})

test('it is known by its keys: one of its own, none of kec', () => {
  const own = Object.keys(schema.shape)
  assert.equal(isPredecessor({ mode: { log: true } }, own), true)
  assert.equal(isPredecessor({ mode: { log: true }, filter: {} }, own), false)
  assert.equal(isPredecessor({ filter: {} }, own), false)
  assert.equal(isPredecessor({}, own), false)
  assert.equal(isPredecessor('mode', own), false)
})

test('its mistakes are told by its own keys', () => {
  const { problems } = translatePredecessor({ kubeConfig: 7, mode: { log: 'maybe', elasticSearch: true }, filterEventLevel: 'Fatal' })
  assert.deepEqual(
    problems.map(({ path }) => path.join('.')),
    ['kubeConfig', 'filterEventLevel', 'mode.log', 'elasticSearchEndpoint'],
  )
})

const pathsOf = (config: object) => translatePredecessor(config).problems.map(({ path }) => path.join('.'))

test('mode.message needs a server, a sender and a recipient, whatever else is there', () => {
  const mode = { message: true }
  for (const sender of [undefined, null, {}, { remote: '', port: 25, email: 'kec', targets: [] }])
    assert.deepEqual(pathsOf({ mode, sender }), ['sender.remote', 'sender.email', 'sender.targets'])
  const sender = { remote: 'smtp.example.org', email: 'kec <kec@example.org>', targets: 'ops@example.org' }
  assert.deepEqual(pathsOf({ mode, sender: { ...sender, targets: ['ops@example.org', 'a@b, c@d'] } }), ['sender.targets'])
  for (const port of [0, 70_000, 'smtp']) assert.deepEqual(pathsOf({ mode, sender: { ...sender, port } }), ['sender.port'])
  assert.deepEqual(pathsOf({ mode: { message: false }, sender: { ...sender, email: 'kec' } }), [])
  const { config } = translatePredecessor({ mode, sender: { ...sender, port: '587' } })
  assert.deepEqual(config.plugins, [
    { use: 'email', options: { host: 'smtp.example.org', port: 587, from: 'kec <kec@example.org>', to: 'ops@example.org' } },
  ])
})

test('mode.elasticSearch needs an address, whatever else is there', () => {
  for (const elasticSearchEndpoint of [undefined, '', null, 'es:9200', 'ftp://es'])
    assert.deepEqual(pathsOf({ mode: { elasticSearch: true }, elasticSearchEndpoint }), ['elasticSearchEndpoint'])
  assert.deepEqual(pathsOf({ mode: { elasticSearch: false }, elasticSearchEndpoint: 'es:9200' }), [])
  assert.deepEqual(pathsOf({ mode: { elasticSearch: true }, elasticSearchEndpoint: 'http://es:9200' }), [])
})
