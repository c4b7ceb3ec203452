import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json, State } from '@kec/plugin-api'
import { Rate } from './rate.ts'

const minute = 60_000

function stateOf(values = new Map<string, Json>()): State {
  return {
    get: key => values.get(key),
    set: (key, value) => void (value === undefined ? values.delete(key) : values.set(key, value)),
    entries: () => values,
  }
}

test('the first goes out at once, the next after the interval, over restarts', () => {
  const state = stateOf()
  const limits = { interval: 5 * minute, maxPerHour: 12 }
  assert.equal(new Rate(limits, state).wait(0), 0)
  assert.equal(new Rate(limits, state).sent(0), 5 * minute)
  assert.equal(new Rate(limits, state).wait(2 * minute), 3 * minute)
  assert.equal(new Rate(limits, state).wait(6 * minute), 0)
})

test('so many within any hour, not more', () => {
  const rate = new Rate({ interval: minute, maxPerHour: 3 }, stateOf())
  assert.equal(rate.sent(0), minute)
  assert.equal(rate.sent(minute), minute)
  assert.equal(rate.sent(10 * minute), 50 * minute)
  assert.equal(rate.sent(60 * minute), minute)
  assert.equal(rate.wait(61 * minute), 0)
})

test('of the mails that went out only those are kept that count', () => {
  const state = stateOf()
  const rate = new Rate({ interval: minute, maxPerHour: 3 }, state)
  for (let i = 0; i < 100; i++) rate.sent(i * 60 * minute)
  assert.equal((state.get('sent') as unknown[]).length, 3) // the times
})

test('a clock that was set back makes nobody wait longer than the limits say', () => {
  const state = stateOf()
  const limits = { interval: 5 * minute, maxPerHour: 12 }
  new Rate(limits, state).sent(1_000_000 * minute)
  assert.equal(new Rate(limits, state).wait(0), 5 * minute)
})
