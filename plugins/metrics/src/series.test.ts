import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Json, State } from '@kec/plugin-api'
import fc from 'fast-check'
import { Series } from './series.ts'

/** A state as kec keeps it: what a batch sets is committed with it, or forgotten. */
class Memory implements State {
  readonly committed = new Map<string, Json>()
  #staged = new Map<string, Json>()

  get(key: string): Json | undefined {
    return this.#staged.get(key) ?? this.committed.get(key)
  }

  set(key: string, value: Json): void {
    this.#staged.set(key, value)
  }

  entries(): Iterable<readonly [string, Json]> {
    return new Map([...this.committed, ...this.#staged])
  }

  commit(): void {
    for (const [key, value] of this.#staged) this.committed.set(key, value)
    this.forget()
  }

  forget(): void {
    this.#staged = new Map()
  }
}

const names = ['reason', 'kind'] as const
const unlimited = { labelValues: Number.POSITIVE_INFINITY, series: 1_000 }

function shown(series: Series<string>): Record<string, number> {
  return Object.fromEntries([...series.samples()].map(({ labels, value }) => [Object.values(labels).join('/'), value]))
}

describe('a counter with labels', () => {
  test('sums up, by the values of its labels', () => {
    const series = new Series('m', names, unlimited, new Memory())
    series.add({ reason: 'BackOff', kind: 'Pod' }, 2)
    series.add({ reason: 'BackOff', kind: 'Pod' }, 3)
    series.add({ reason: 'BackOff', kind: '' }, 1)
    series.add({ reason: 'Pulled', kind: 'Pod' }, 0)
    assert.deepEqual(shown(series), { 'BackOff/Pod': 5, 'BackOff/': 1 })
  })

  test('values beyond the limit of a label are other; known ones stay themselves', () => {
    const series = new Series('m', names, { labelValues: 2, series: 1_000 }, new Memory())
    for (const reason of ['a', 'b', 'c', 'd', 'a']) series.add({ reason, kind: 'Pod' }, 1)
    series.add({ reason: 'b', kind: 'Node' }, 1)
    series.add({ reason: 'c', kind: 'Job' }, 1)
    assert.deepEqual(shown(series), { 'a/Pod': 2, 'b/Pod': 1, 'other/Pod': 2, 'b/Node': 1, 'other/other': 1 })
  })

  test('series beyond the limit are other in all labels; known ones go on', () => {
    const series = new Series('m', names, { labelValues: 100, series: 3 }, new Memory())
    for (const reason of ['a', 'b', 'c', 'd', 'a', 'c']) series.add({ reason, kind: 'Pod' }, 1)
    assert.deepEqual(shown(series), { 'a/Pod': 2, 'b/Pod': 1, 'other/other': 3 })
  })

  test('other counts as one series, however much is counted in it', () => {
    const series = new Series('m', names, { labelValues: 1, series: 4 }, new Memory())
    for (const reason of ['a', 'b', 'c', 'd', 'e']) series.add({ reason, kind: 'Pod' }, 1)
    series.add({ reason: 'a', kind: 'Node' }, 1)
    assert.deepEqual(shown(series), { 'a/Pod': 1, 'other/Pod': 4, 'a/other': 1 })
  })

  test('what was admitted is what was committed', () => {
    const state = new Memory()
    const limits = { labelValues: 1, series: 2 }
    const series = new Series('m', names, limits, state)
    series.add({ reason: 'failed', kind: 'Pod' }, 1)
    state.forget()
    series.add({ reason: 'a', kind: 'Pod' }, 1)
    state.commit()
    const restarted = new Series('m', names, limits, state)
    restarted.add({ reason: 'failed', kind: 'Pod' }, 1)
    restarted.add({ reason: 'a', kind: 'Pod' }, 1)
    assert.deepEqual(shown(restarted), { 'a/Pod': 2, 'other/other': 1 })
  })

  test('two counters share a state', () => {
    const state = new Memory()
    const [one, two] = ['m', 'm2'].map(metric => new Series(metric, names, unlimited, state))
    one?.add({ reason: 'a', kind: 'Pod' }, 1)
    two?.add({ reason: 'b', kind: 'Pod' }, 1)
    assert.deepEqual([one && shown(one), two && shown(two)], [{ 'a/Pod': 1 }, { 'b/Pod': 1 }])
  })

  test('long values are cut, and no character in two', () => {
    const series = new Series('m', names, unlimited, new Memory())
    series.add({ reason: `${'x'.repeat(127)}😀`, kind: 'y'.repeat(1_000_000) }, 1)
    assert.deepEqual(shown(series), { [`${'x'.repeat(127)}\ufffd/${'y'.repeat(128)}`]: 1 })
  })

  test('whatever comes, nothing is lost and the limits hold', () => {
    const value = fc.constantFrom('a', 'b', 'c', 'd', 'other', '', '__proto__', '","', '{}', 'a=b')
    const event = fc.record({ reason: value, kind: value, by: fc.nat(5), fails: fc.boolean() })
    fc.assert(
      fc.property(fc.array(event), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 8 }), (events, labelValues, most) => {
        const state = new Memory()
        let sum = 0
        for (const { reason, kind, by, fails } of events) {
          new Series('m', names, { labelValues, series: most }, state).add({ reason, kind }, by)
          if (fails) state.forget()
          else state.commit()
          if (!fails) sum += by
        }
        const samples = [...new Series('m', names, { labelValues, series: most }, state).samples()]
        assert.equal(
          samples.reduce((all, sample) => all + sample.value, 0),
          sum,
        )
        assert.ok(samples.length <= most)
        for (const name of names)
          assert.ok(new Set(samples.map(({ labels }) => labels[name]).filter(label => label !== 'other')).size <= labelValues)
      }),
    )
  })
})
