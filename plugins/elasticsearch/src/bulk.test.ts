import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Bulk } from './bulk.ts'
import { connect } from './client.ts'
import { documentId } from './document.ts'
import { eventsUpTo, eventWith, fakeServer, keepingLog, Marks, parsed } from './fixture.ts'

const html = { 'content-type': 'text/html' }
const mebibyte = 1024 * 1024

interface Item {
  readonly status: number
  readonly error?: object
}

/** The ids that a bulk request creates, in their order. */
const idsOf = (body: string): string[] =>
  body
    .trim()
    .split('\n')
    .filter((_, i) => i % 2 === 0)
    .map(line => JSON.parse(line).create._id)

/** What Elasticsearch answers to a bulk request. */
const results = (body: string, itemOf: (id: string) => Item = () => ({ status: 201 })) => ({
  body: { items: idsOf(body).map(id => ({ create: { _id: id, ...itemOf(id) } })) },
})

async function bulkTo(t: TestContext, answer: Parameters<typeof fakeServer>[1], maxBytes = mebibyte) {
  const { url, asked } = await fakeServer(t, answer)
  const elasticsearch = await connect(parsed({ node: url, timeout: 5_000 }))
  t.after(() => elasticsearch.close())
  const log = keepingLog()
  const bulk = new Bulk(elasticsearch, { maxBytes, indexOf: () => 'kec-events-prod', needed: 'the index privilege create_doc', log })
  return { bulk, asked, log }
}

const failed = (type: string, reason = 'because') => ({ type, reason })

test('each event is judged for itself: taken, there already, refused, or to come again', async t => {
  const items: Record<string, Item> = {
    'cluster/event-1/7': { status: 409, error: failed('version_conflict_engine_exception') },
    'cluster/event-2/7': {
      status: 400,
      error: { ...failed('document_parsing_exception', 'field [n]'), caused_by: failed('x', 'For input "y"') },
    },
    'cluster/event-3/7': { status: 429, error: failed('es_rejected_execution_exception', 'queue is full') },
    'cluster/event-4/7': { status: 503, error: failed('unavailable_shards_exception') },
  }
  const { bulk, log } = await bulkTo(t, ({ body }) => results(body, id => items[id] ?? { status: 201 }))
  const marks = new Marks()
  await bulk.deliver(eventsUpTo(6), marks)
  assert.deepEqual(marks.rejected, [
    ['cluster/event-2/7', 'Elasticsearch refuses it, document_parsing_exception: field [n]: For input "y"'],
  ])
  assert.deepEqual(marks.again, ['cluster/event-3/7', 'cluster/event-4/7'])
  assert.match(log.said.join(), /^2 of 6 events must come again: .*429, es_rejected_execution_exception: queue is full/)
})

test('a batch of which nothing is settled is thrown back with the reason', async t => {
  const blocked = { status: 429, error: failed('cluster_block_exception', 'index [x] blocked by: [disk usage exceeded flood-stage]') }
  const { bulk } = await bulkTo(t, ({ body }) => results(body, () => blocked))
  const marks = new Marks()
  await assert.rejects(bulk.deliver(eventsUpTo(3), marks), /has blocked the index \(429\): .*flood-stage/)
  assert.deepEqual(marks.rejected, [])
})

test('as many bytes as one request may have; gzip; create with the id', async t => {
  const { bulk, asked } = await bulkTo(t, ({ body }) => results(body), 4_000)
  await bulk.deliver(eventsUpTo(20), new Marks())
  assert.ok(asked.length > 3)
  for (const { body, headers, path } of asked) {
    assert.ok(Buffer.byteLength(body) <= 4_000)
    assert.equal(headers['content-encoding'], 'gzip')
    assert.equal(headers['content-type'], 'application/x-ndjson')
    assert.match(path, /^\/_bulk\?/)
    assert.match(body, /^\{"create":\{"_index":"kec-events-prod","_id":"cluster\/event-\d+\/7"\}\}\n\{"@timestamp":/)
  }
  assert.deepEqual(
    asked.flatMap(({ body }) => idsOf(body)),
    eventsUpTo(20).map(documentId),
  )
})

test('413: halved until it fits, and never so large again; a single event that is too large is refused', async t => {
  const most = 5_000
  const { bulk, asked } = await bulkTo(t, ({ body }) =>
    Buffer.byteLength(body) > most ? { status: 413, body: 'too large', headers: html } : results(body),
  )
  const marks = new Marks()
  const large = eventWith(99, { labels: Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`l${i}`, 'x'.repeat(900)])) })
  await bulk.deliver([...eventsUpTo(30), large], marks)
  assert.deepEqual(
    marks.rejected.map(([id]) => id),
    [large.id],
  )
  assert.deepEqual(marks.again, [])
  const taken = asked.filter(({ body }) => Buffer.byteLength(body) <= most).flatMap(({ body }) => idsOf(body))
  assert.deepEqual(taken.toSorted(), eventsUpTo(30).map(documentId).toSorted())
  const before = asked.length
  await bulk.deliver(eventsUpTo(30), marks)
  assert.ok(asked.slice(before).every(({ body }) => Buffer.byteLength(body) <= most))
})

test('after a request that fails, the rest is not tried; what was taken before does not come again', async t => {
  let requests = 0
  const { bulk, asked } = await bulkTo(
    t,
    ({ body }) =>
      ++requests < 3 ? results(body) : { status: 503, body: { error: failed('no', 'starting') }, headers: { 'retry-after': '7' } },
    4_000,
  )
  const marks = new Marks()
  await bulk.deliver(eventsUpTo(30), marks)
  const taken = asked.slice(0, 2).flatMap(({ body }) => idsOf(body))
  assert.equal(asked.length, 3)
  assert.ok(taken.length > 0)
  assert.deepEqual([...taken, ...marks.again].toSorted(), eventsUpTo(30).map(documentId).toSorted())
  assert.equal(marks.quiet, 7_000)
})

test('a Retry-After is heeded up to 5 min', async t => {
  for (const [asked, heeded] of [
    ['90', 90_000],
    ['99999', 300_000],
    ['soon', 0],
    ['-3', 0],
  ] as const) {
    const { bulk } = await bulkTo(t, () => ({ status: 429, body: { error: failed('busy') }, headers: { 'retry-after': asked } }))
    const marks = new Marks()
    await assert.rejects(bulk.deliver(eventsUpTo(3), marks), /answers 429/)
    assert.equal(marks.quiet, heeded, asked)
  }
})

test('an answer without end is not read to its end', { timeout: 60_000 }, async t => {
  let mebibytes = 0
  function* endless(): Generator<string> {
    for (const piece = ' '.repeat(mebibyte); ; mebibytes++) yield piece
  }
  const { bulk } = await bulkTo(t, () => ({ body: endless() }))
  const marks = new Marks()
  await assert.rejects(bulk.deliver(eventsUpTo(3), marks), /answers with far more than was asked for/)
  assert.deepEqual(marks.rejected, [])
  assert.ok(mebibytes < 100, `${mebibytes}`)
})

const lies: [name: string, answer: (body: string) => Awaited<ReturnType<Parameters<typeof fakeServer>[1]>>, message: RegExp][] = [
  ['too few results', body => ({ body: { items: results(body).body.items.slice(1) } }), /something else than one result for each/],
  ['the results of others', body => ({ body: { items: results(body).body.items.toReversed() } }), /something else than one result/],
  ['no results', () => ({ body: {} }), /something else than one result/],
  ['results without a status', body => ({ body: { items: idsOf(body).map(_id => ({ create: { _id } })) } }), /something else/],
  ['a list of nothing', body => ({ body: { items: idsOf(body).map(() => null) } }), /something else/],
  ['half an answer', body => ({ body: JSON.stringify(results(body).body).slice(0, 50) }), /not JSON/],
  [
    'less than it announces',
    body => ({ body: JSON.stringify(results(body).body).slice(0, 50), headers: { 'content-length': '5000' } }),
    /can't be reached: /,
  ],
  ['a cut connection', () => undefined, /can't be reached: /],
  ['a page of a proxy', () => ({ body: '<html>', headers: html }), /something else/],
  ['another product', body => ({ ...results(body), headers: { 'x-elastic-product': 'none' } }), /says so by the header x-elastic-product/],
  ['401', () => ({ status: 401, body: { error: failed('security_exception', 'unable to authenticate') } }), /credentials \(401\): unable/],
  ['403', () => ({ status: 403, body: { error: failed('security_exception', 'no') } }), /kec needs the index privilege create_doc/],
  ['404', () => ({ status: 404, body: 'no such page', headers: html }), /answers 404, error: no such page/],
  ['500', () => ({ status: 500, body: '' }), /answers 500/],
]

for (const [name, answer, message] of lies)
  test(`${name}: proves nothing about any event; all come again`, async t => {
    const { bulk } = await bulkTo(t, ({ body }) => answer(body))
    const marks = new Marks()
    await assert.rejects(bulk.deliver(eventsUpTo(3), marks), message)
    assert.deepEqual(marks.rejected, [])
  })

test('a server that hangs: the signal ends the request', async t => {
  const abort = new AbortController()
  const { bulk } = await bulkTo(t, () => {
    abort.abort()
    return new Promise(() => undefined)
  })
  const delivery = Object.assign(Object.create(new Marks()), { signal: abort.signal })
  await assert.rejects(bulk.deliver(eventsUpTo(1), delivery), /kec would not wait longer/)
})
