import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { bodyOf, type Entry, entryOf } from './entry.ts'
import { eventOf } from './fixture.ts'

const labels = { job: 'kec', cluster: 'prod', namespace: 'shop', type: 'Warning', kind: 'Pod' }
const plain = { line: 'message', structuredMetadata: true } as const

function entry(
  ...[event, form = plain, own = labels]: [Parameters<typeof entryOf>[0], Parameters<typeof entryOf>[2]?, typeof labels?]
): Entry {
  const made = entryOf(event, own, form)
  assert.ok(made)
  return made
}

const partsOf = ({ text }: Entry) => JSON.parse(text)

describe('an entry', () => {
  test('is the time, the message, and the rest as structured metadata', () => {
    assert.deepEqual(partsOf(entry(eventOf(7))), [
      '1769853600000000007',
      'Back-off restarting',
      {
        id: 'c/u/7',
        level: 'warn',
        reason: 'BackOff',
        name: 'web',
        host: 'node-2',
        component: 'kubelet',
        count: '3',
        occurrences: '2',
        change: 'updated',
        historical: 'false',
        time: '2026-01-31T10:00:00Z',
        first_time: '2026-01-31T09:00:00Z',
        event_name: 'web.17',
        uid: 'u',
        resource_version: '7',
        api_version: 'v1',
        object_uid: 'p',
      },
    ])
  })

  test('says what its labels hide', () => {
    const event = eventOf(7, { type: 'Odd', namespace: 'n'.repeat(2_000), regarding: { ...eventOf(7).regarding, kind: 'Odd kind' } })
    const [, , metadata] = partsOf(entry(event, plain, { ...labels, namespace: 'other', type: 'other', kind: 'other' }))
    assert.equal(metadata.true_type, 'Odd')
    assert.match(metadata.true_namespace, /^n{1024}… \(cut by kec: 2000 characters\)$/)
    assert.equal(metadata.true_kind, 'Odd kind')
    const [, , plainly] = partsOf(entry(eventOf(7)))
    assert.deepEqual([plainly.true_type, plainly.true_namespace, plainly.true_kind], [undefined, undefined, undefined])
  })

  test('without structured metadata it has two parts', () => {
    assert.equal(partsOf(entry(eventOf(7), { ...plain, structuredMetadata: false })).length, 2)
  })

  test('whose time Loki cannot store is none', () => {
    assert.equal(entryOf(eventOf(7, { time: '9999-12-31T23:59:59Z' }), labels, plain), undefined)
  })

  test('is bounded and well-formed, whatever the event says', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('x'.repeat(1_000_000), '\ud800', '{"id":"x"}', '"],[', '\u0000\n'),
    )
    fc.assert(
      fc.property(hostile, hostile, fc.constantFrom('message' as const, 'json' as const), (message, name, line) => {
        const event = eventOf(7, { message, reason: name, regarding: { ...eventOf(7).regarding, name } })
        const made = entry(event, { line, structuredMetadata: true })
        assert.ok(Buffer.byteLength(made.text) <= made.size && made.size < 500_000)
        assert.ok(made.text.isWellFormed())
        const [, text, metadata] = partsOf(made)
        const shown = line === 'json' ? JSON.parse(text).message : text
        assert.ok(shown === message.toWellFormed() || shown.includes('cut by kec: 1000000'))
        assert.ok(Object.values(metadata).every(value => typeof value === 'string' && value.length < 1_100))
      }),
      { numRuns: 50 },
    )
  })
})

test('a body has each stream once, its entries by time', () => {
  const other = { ...labels, type: 'Normal' }
  const entries = [entry(eventOf(3)), entry(eventOf(2), plain, other), entry(eventOf(1))]
  const { streams, ...rest } = JSON.parse(bodyOf(entries))
  assert.deepEqual(rest, {})
  const versions = streams.map(({ stream, values }: { stream: object; values: [string, string, { resource_version: string }][] }) => [
    stream,
    ...values.map(([, , { resource_version }]) => resource_version),
  ])
  assert.deepEqual(versions, [
    [labels, '1', '3'],
    [other, '2'],
  ])
})

test('a body has no more bytes than its entries say', () => {
  const entries = ['a', '值班', '\u0000"'].map((message, n) => entry(eventOf(n, { message }), plain, { ...labels, kind: message }))
  assert.ok(Buffer.byteLength(bodyOf(entries)) <= entries.reduce((sum, { size }) => sum + size, 0))
})
