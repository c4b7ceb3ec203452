import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { indexOf, isIndexName, isIndexPattern, streamOf, templateNameOf, wildcardOf } from './names.ts'

const now = Date.parse('2026-11-24T10:00:00Z')

test('the stream is named after the cluster, as far as Elasticsearch takes it', () => {
  assert.equal(streamOf('prod'), 'kec-events-prod')
  assert.equal(streamOf('arn:aws:eks:eu-1:17:cluster/Prod'), 'kec-events-arn-aws-eks-eu-1-17-cluster-prod')
  fc.assert(fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 253 }), cluster => isIndexName(streamOf(cluster))))
})

test('an index by day, month or year of the event, in UTC', () => {
  const of = (pattern: string, time: string) => indexOf(pattern, time, now)
  assert.equal(of('events', '2026-11-23T23:59:59.999999Z'), 'events')
  assert.equal(of('events-{yyyy.MM.dd}', '2026-11-23T23:59:59.999999Z'), 'events-2026.11.23')
  assert.equal(of('events-{yyyy.MM.dd}', '2026-11-24T01:00:00+02:00'), 'events-2026.11.23')
  assert.equal(of('e-{yyyy-MM}-x', '2026-10-30T00:00:00Z'), 'e-2026-10-x')
  assert.deepEqual(['e-{yyyy-MM}-x', 'e-{yyyy}', '{yyyy.MM.dd}', 'events'].map(wildcardOf), ['e-2*-*-x', 'e-2*', '2*.*.*', 'events'])
  assert.deepEqual(['e-{yyyy-MM}-x', 'events'].map(templateNameOf), ['e-date-x', 'events'])
})

test('a time that is far away, or none, makes no index of its own', () => {
  for (const time of ['0001-01-01T00:00:00Z', '2026-09-01T00:00:00Z', '2027-01-01T00:00:00Z', '9999-12-31T23:59:59Z', 'soon', ''])
    assert.equal(indexOf('events-{yyyy.MM.dd}', time, now), 'events-2026.11.24', time)
})

test('names that Elasticsearch does not take', () => {
  for (const name of ['events', 'events-{yyyy.MM.dd}', 'e{yyyy}', 'événements']) assert.ok(isIndexPattern(name), name)
  for (const name of ['Events', '-e', '.e', 'a b', 'a*', 'a/b', 'a,b', 'e-{dd}', 'e-{yyyy}-{MM}', 'e-{', 'x'.repeat(256), 'e:x'])
    assert.ok(!isIndexPattern(name), name)
})
