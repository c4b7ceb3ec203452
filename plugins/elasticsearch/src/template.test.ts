import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { connect } from './client.ts'
import { fakeServer, keepingLog, parsed } from './fixture.ts'
import { installTemplate, templateOf } from './template.ts'

const stream = { name: 'kec-events-prod', pattern: 'kec-events-prod', current: () => 'kec-events-prod', isStream: true, retention: '30d' }
const dated = { name: 'events-date', pattern: 'events-2*.*.*', current: () => 'events-2026.11.24', isStream: false, retention: '30d' }

/** Installs where these templates are; answers what was put, and what was said. */
async function install(
  t: TestContext,
  there: readonly object[],
  target = stream,
  refuse: (body: string) => string | undefined = () => undefined,
) {
  const { url, asked } = await fakeServer(t, ({ method, body }) => {
    if (method === 'GET') return { body: there.length === 0 ? {} : { index_templates: there } }
    const reason = refuse(body)
    if (reason === undefined) return { body: { acknowledged: true } }
    return { status: 400, body: { error: { type: 'x_content_parse_exception', reason: 'failed', caused_by: { type: 'x', reason } } } }
  })
  const elasticsearch = await connect(parsed({ node: url }))
  t.after(() => elasticsearch.close())
  const log = keepingLog()
  await installTemplate(elasticsearch, target, log)
  const put = asked.filter(({ method }) => method === 'PUT').map(({ path, body }) => ({ path, body: JSON.parse(body) }))
  return { put, said: log.said.join('\n') }
}

const other = (name: string, pattern: string | readonly string[]) => ({ name, index_template: { index_patterns: pattern } })

test('it is installed with its version, mappings and retention', async t => {
  const { put, said } = await install(t, [])
  assert.deepEqual(
    put.map(({ path }) => path),
    ['/_index_template/kec-events-prod'],
  )
  const body = put[0]?.body
  assert.deepEqual(body, templateOf(stream))
  assert.deepEqual(body?.template.lifecycle, { data_retention: '30d' })
  assert.equal(body?.template.mappings.dynamic, false)
  assert.match(said, /kec-events-prod is installed, version 1/)
})

test('one that is there already is not put again; one with another retention, or an older one, is', async t => {
  const installed = (change: object) => [{ name: stream.name, index_template: { ...templateOf(stream), ...change } }]
  assert.deepEqual((await install(t, installed({}))).put, [])
  assert.equal((await install(t, installed({}), { ...stream, retention: '7d' })).put.length, 1)
  assert.equal((await install(t, installed({ version: 0, _meta: { managed_by: 'kec', content: 'old' } }))).put.length, 1)
})

test('one of a newer kec stays', async t => {
  const newer = { name: stream.name, index_template: { version: 2, index_patterns: ['x'], _meta: { managed_by: 'kec', content: 'new' } } }
  const { put, said } = await install(t, [newer])
  assert.deepEqual(put, [])
  assert.match(said, /is of a newer kec \(version 2\)/)
})

test("the operator's own for these indices stays, under whatever name; those for others, or for all, do not count", async t => {
  for (const pattern of ['kec-events-prod', 'kec-events-*', ['a', 'kec-*'], '*-prod'] as const) {
    const { put, said } = await install(t, [other('mine', pattern)])
    assert.deepEqual(put, [], String(pattern))
    assert.match(said, /mine is there for kec-events-prod: kec installs none/)
  }
  const { put } = await install(t, [
    other('all', '*'),
    other('logs', 'logs-*-*'),
    other('twin', 'kec-events-prod-2'),
    other('dot', 'kec.events.prod'),
  ])
  assert.equal(put.length, 1)
})

test("an index by date: the operator's own for the one of today stays, also if it is not for all of them", async t => {
  for (const pattern of ['events-*', 'events-2026*', 'events-2026.11.24'])
    assert.deepEqual((await install(t, [other('mine', pattern)], dated)).put, [], pattern)
  assert.equal((await install(t, [other('archive', 'events-archive-*')], dated)).put.length, 1)
})

test("the operator's own of the same name for something else is not written over", async t => {
  const { put, said } = await install(t, [other(stream.name, 'shop-*')])
  assert.deepEqual(put, [])
  assert.match(said, /kec-events-prod is not kec's, and not for kec-events-prod: it stays, and kec installs none\. Choose another name/)
})

test('kept for ever, a stream is rolled over all the same', () => {
  assert.deepEqual(templateOf({ ...stream, retention: 'none' }).template.lifecycle, {})
})

test('an index by date: no data stream, no lifecycle, its pattern', async t => {
  const { put } = await install(t, [], dated)
  const body = put[0]?.body
  assert.deepEqual(body.index_patterns, ['events-2*.*.*'])
  assert.equal(body.data_stream, undefined)
  assert.equal(body.template.lifecycle, undefined)
})

test('an older Elasticsearch gets what it knows', async t => {
  const { put, said } = await install(t, [], stream, body => {
    const lacking = ['ignore_missing_component_templates', 'lifecycle'].find(field => body.includes(field))
    return lacking && `[template] unknown field [${lacking}]`
  })
  const body = put.at(-1)?.body
  assert.equal(put.length, 3)
  assert.equal(body.composed_of, undefined)
  assert.deepEqual(Object.keys(body.template), ['mappings'])
  assert.match(said, /has no data stream lifecycle/)
})

test('what it refuses otherwise is an error', async t => {
  await assert.rejects(
    install(t, [], stream, () => 'out of order'),
    /answers 400, x_content_parse_exception: failed: out of order/,
  )
})
