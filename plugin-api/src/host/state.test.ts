import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '../context.ts'
import { SinkState } from './state.ts'

/** A state of which this much is committed. */
function begin(values: Readonly<Record<string, Json>> = {}) {
  const committed = new Map(Object.entries(values))
  return { committed, state: new SinkState(committed) }
}

test('outside of a batch nothing can be set, and what is committed is seen, as it is now', () => {
  const { committed, state } = begin({ a: 1 })
  assert.throws(() => state.set('a', 2), { message: 'state.set works only while a batch is handled: inside onEvent' })
  assert.equal(state.get('a'), 1)
  committed.set('b', 2)
  assert.deepEqual([state.get('b'), [...state.entries()]], [2, [...committed]])
})

test('while a batch is handled what it set is seen before what is committed; undefined removes', () => {
  const { committed, state } = begin({ kept: 1, changed: 1, removed: 1 })
  state.begin()
  state.set('changed', 2)
  state.set('new', null)
  state.set('removed', undefined)
  assert.deepEqual(
    ['kept', 'changed', 'new', 'removed', 'never'].map(key => state.get(key)),
    [1, 2, null, undefined, undefined],
  )
  assert.deepEqual(Object.fromEntries(state.entries()), { kept: 1, changed: 2, new: null })
  assert.deepEqual(Object.fromEntries(committed), { kept: 1, changed: 1, removed: 1 }, 'who holds the journal commits')
})

test('the end hands over what was set, removals too, and forgets it', () => {
  const { state } = begin({ a: 1 })
  state.begin()
  state.set('a', undefined)
  state.set('b', 2)
  assert.deepEqual(
    state.end(),
    new Map([
      ['a', undefined],
      ['b', 2],
    ]),
  )
  assert.deepEqual([...state.entries()], [['a', 1]])
  assert.throws(() => state.set('b', 2), /only while a batch is handled/)
  state.begin()
  assert.equal(state.get('b'), undefined)
  assert.deepEqual([state.end(), state.end()], [new Map(), new Map()])
})

test('a scrape sees what is committed, whatever batch is handled, and ends with that', () => {
  const { state } = begin({ a: 1 })
  state.begin()
  state.set('a', 2)
  assert.deepEqual(
    state.committed(() => [state.get('a'), [...state.entries()]]),
    [1, [['a', 1]]],
  )
  assert.throws(() => state.committed(() => assert.fail('collect throws')), { message: 'collect throws' })
  assert.equal(state.get('a'), 2)
})

test('a value is as a restart would give it back, and nobody changes it later', () => {
  const { state } = begin()
  state.begin()
  const list = [1, { at: new Date(0) }]
  state.set('list', list as never) // JavaScript may set a date
  list.push(2)
  assert.deepEqual(state.get('list'), [1, { at: '1970-01-01T00:00:00.000Z' }])
  for (const value of ['', 'text', false, true, 0, -1.5, null, {}]) {
    state.set('value', value)
    assert.deepEqual(state.get('value'), value)
  }
})

test('what JSON cannot hold is refused where it is set, and changes nothing', () => {
  const { state } = begin({ a: 1 })
  const circle: unknown[] = []
  circle.push(circle)
  state.begin()
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, () => 1, Symbol('a'), 1n, circle])
    assert.throws(() => state.set('a', value as never), TypeError)
  assert.throws(() => state.set('a\n', Number.NaN), { message: 'state.set("a\\n"): this value cannot be written as JSON' })
  assert.deepEqual([state.get('a'), state.end()], [1, new Map()])
})
