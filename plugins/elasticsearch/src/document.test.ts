import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { documentId, documentOf } from './document.ts'
import { eventWith } from './fixture.ts'

test('the names of ECS; what is empty is not there', () => {
  const event = eventWith(1, { labels: { app: 'web' }, action: 'Pulling' })
  assert.deepEqual(JSON.parse(JSON.stringify(documentOf(event))), {
    '@timestamp': '2026-11-24T10:00:00.123456Z',
    ecs: { version: '8.17.0' },
    message: 'Back-off restarting failed container',
    log: { level: 'warn' },
    event: {
      kind: 'event',
      module: 'kubernetes',
      dataset: 'kubernetes.event',
      id: 'cluster/event-1/7',
      reason: 'BackOff',
      action: 'Pulling',
      start: '2026-11-24T09:00:00Z',
    },
    orchestrator: {
      type: 'kubernetes',
      cluster: { name: 'prod', id: 'cluster' },
      namespace: 'shop',
      api_version: 'v1',
      resource: { type: 'Pod', name: 'web-0', id: 'pod' },
    },
    kubernetes: {
      event: {
        type: 'Warning',
        count: 3,
        occurrences: 1,
        change: 'created',
        historical: false,
        uid: 'event-1',
        resource_version: '7',
        name: 'web.1',
        reporting: { controller: 'kubelet', instance: 'node-2' },
        source: { component: 'kubelet', host: 'node-2' },
        labels: ['app=web'],
      },
    },
  })
})

test('whatever an event holds, a document has the same fields, is bounded, and is valid Unicode', () => {
  const long = fc.string({ unit: 'binary', maxLength: 50 }).map(part => part.repeat(500))
  const pairs = fc.dictionary(fc.string(), long, { maxKeys: 100 })
  fc.assert(
    fc.property(long, long, pairs, (message, reason, labels) => {
      const document = JSON.stringify(documentOf(eventWith(1, { message, reason, labels })))
      assert.ok(document.isWellFormed() && !/\\ud[89a-f]/i.test(document))
      const { event } = JSON.parse(document).kubernetes
      assert.ok((event.labels ?? []).every((pair: unknown) => typeof pair === 'string' && pair.length <= 1_024))
      assert.ok((event.labels ?? []).length <= 65)
      assert.ok((JSON.parse(document).message ?? '').length <= 8_192)
      assert.ok((JSON.parse(document).event.reason ?? '').length <= 1_024)
    }),
    { numRuns: 50 },
  )
})

test('what is cut says so', () => {
  const labels = Object.fromEntries(Array.from({ length: 70 }, (_, i) => [`l${i}`, 'x']))
  const cut = JSON.parse(JSON.stringify(documentOf(eventWith(1, { message: 'x'.repeat(9_000), labels }))))
  assert.match(cut.message, /xxx… \[cut by kec, 9000 characters\]$/)
  assert.equal(cut.kubernetes.event.labels.length, 65)
  assert.deepEqual(cut.kubernetes.event.labels.slice(-2), ['l63=x', '… [cut by kec, 70 in all]'])
})

test('_id: the id of the event, or its hash where Elasticsearch would not take it', () => {
  assert.equal(documentId(eventWith(1)), 'cluster/event-1/7')
  const long = documentId(eventWith(1, { id: 'ü'.repeat(257) }))
  assert.match(long, /^sha256-[0-9a-f]{64}$/)
  assert.notEqual(documentId(eventWith(1, { id: 'ö'.repeat(257) })), long)
})
