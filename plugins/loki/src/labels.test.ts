import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { eventOf } from './fixture.ts'
import { type Labels, StreamLabels } from './labels.ts'

const plenty = { maxLabelValues: 200, maxStreams: 1_000 }

const about = (namespace: string, kind = 'Pod', type = 'Warning') =>
  eventOf(1, { namespace, type, regarding: { ...eventOf(1).regarding, kind } })

describe('labels of a stream', () => {
  test('are job, cluster, namespace, type, kind, and the user’s own', () => {
    const expected = { job: 'events', cluster: 'prod', env: 'live', namespace: 'shop', type: 'Warning', kind: 'Pod' }
    assert.deepEqual(new StreamLabels('prod', { env: 'live', job: 'events' }, plenty).of(eventOf(1), 0), expected)
    assert.equal(new StreamLabels('prod', {}, plenty).of(eventOf(1), 0).job, 'kec')
  })

  test('what would be empty is left out', () => {
    assert.deepEqual(new StreamLabels('prod', {}, plenty).of(about('shop', '', ''), 0), { job: 'kec', cluster: 'prod', namespace: 'shop' })
  })

  test('values beyond the limit are other, until one was not used for an hour', () => {
    const labels = new StreamLabels('prod', {}, { ...plenty, maxLabelValues: 2 })
    const namespace = (name: string, now: number) => labels.of(about(name), now).namespace
    assert.deepEqual([namespace('a', 0), namespace('b', 1), namespace('c', 2), namespace('a', 3)], ['a', 'b', 'other', 'a'])
    assert.equal(namespace('c', 3_600_000), 'other')
    assert.deepEqual([namespace('c', 3_600_001), namespace('b', 3_600_002), namespace('a', 3_600_003)], ['c', 'other', 'a'])
  })

  test('streams beyond the limit are one', () => {
    const labels = new StreamLabels('prod', {}, { ...plenty, maxStreams: 3 })
    const streams = ['a', 'b', 'c', 'd', 'a'].map(namespace => labels.of(about(namespace), 0))
    const last = { namespace: 'other', type: 'other', kind: 'other' }
    assert.deepEqual(
      streams.map(({ job, cluster, ...own }) => own),
      [{ namespace: 'a', type: 'Warning', kind: 'Pod' }, { namespace: 'b', type: 'Warning', kind: 'Pod' }, last, last].concat({
        namespace: 'a',
        type: 'Warning',
        kind: 'Pod',
      }),
    )
  })

  test('a value that is no name is other: it cannot speak in Loki’s answers', () => {
    const labels = new StreamLabels('prod', {}, plenty)
    for (const value of ['timestamp too old', 'a"}', 'x'.repeat(129), '值班', 'a\nb', '\u001b[2J', 'a:b'])
      assert.equal(labels.of(about('shop', value), 0).kind, 'other', JSON.stringify(value))
    assert.equal(labels.of(about('shop', 'Pod', 'Error'), 0).type, 'other')
  })

  test('whatever comes, there are no more values and streams than allowed', () => {
    const word = fc.oneof(fc.constantFrom('a', 'b', 'c', 'd', '', 'other', '__proto__', 'constructor'), fc.string())
    fc.assert(
      fc.property(
        fc.array(fc.tuple(word, word, word)),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 2, max: 9 }),
        (all, values, most) => {
          const labels = new StreamLabels('prod', {}, { maxLabelValues: values, maxStreams: most })
          const got: Labels[] = all.map(([namespace, kind, type]) => labels.of(about(namespace, kind, type), 0))
          assert.ok(new Set(got.map(one => JSON.stringify(one))).size <= most)
          for (const name of ['namespace', 'kind'])
            assert.ok(new Set(got.map(one => one[name]).filter(value => value !== undefined && value !== 'other')).size <= values)
        },
      ),
    )
  })
})
