import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testEvents } from '../testing/event.ts'
import { Handover } from './handover.ts'

/** A hand-over of three events, and what its log is told. */
function begin() {
  const warnings: string[] = []
  const quiet = () => undefined
  const log = { debug: quiet, info: quiet, error: quiet, warn: (message: string) => void warnings.push(message) }
  const events = testEvents(3)
  return { warnings, log, events, handover: new Handover(events, 2, true, log) }
}

test('it says which attempt it is, and whether of a replay; its signal aborts with the reason', () => {
  const { handover } = begin()
  const { attempt, replay, signal } = handover
  assert.deepEqual([attempt, replay, signal.aborted], [2, true, false])
  const reason = new Error('late')
  handover.abort(reason)
  assert.deepEqual([signal.aborted, signal.reason], [true, reason])
})

test('a mark settles its event, or the event that it is a copy of; the last one counts', () => {
  const { handover, events } = begin()
  const [first, second, third] = events
  assert.ok(first && second && third)
  assert.equal(handover.marked, false)
  handover.retry(first)
  handover.reject(first, 'no')
  handover.retry({ ...second, message: 'masked' })
  assert.deepEqual(
    events.map(event => handover.markOf(event)),
    [{ outcome: 'reject', reason: 'no' }, { outcome: 'retry' }, undefined],
  )
  assert.equal(handover.marked, true)
})

test('of two events with one id the very one is marked that was meant', () => {
  const { log, events } = begin()
  const [event] = events
  assert.ok(event)
  const twin = { ...event }
  const handover = new Handover([event, twin], 1, false, log)
  handover.retry(twin)
  assert.deepEqual([handover.markOf(event), handover.markOf(twin)], [undefined, { outcome: 'retry' }])
})

test('a reason is a text, whatever JavaScript gives', () => {
  const { handover, events } = begin()
  const [event] = events
  assert.ok(event)
  handover.reject(event, new Error('too long') as never)
  assert.deepEqual(handover.markOf(event), { outcome: 'reject', reason: 'Error: too long' })
})

test('a mark for a stranger, or after the end, is ignored and named', () => {
  const { handover, events, warnings } = begin()
  const [stranger] = testEvents(1, () => ({ name: 'stranger' }))
  const [event] = events
  assert.ok(stranger && event)
  handover.retry(stranger)
  handover.end()
  handover.retry(event)
  handover.slowDown(1_000)
  assert.deepEqual([handover.marked, handover.quiet], [false, 0])
  assert.deepEqual(warnings, [
    'a mark is for an event that is not in the batch; it is ignored',
    'a mark came after the batch had ended; it is ignored',
  ])
})

test('slowDown: the longest wait counts; 0 and less are none', () => {
  const { handover, warnings } = begin()
  for (const ms of [0, -5, Number.NEGATIVE_INFINITY]) handover.slowDown(ms)
  assert.equal(handover.quiet, 0)
  for (const ms of [10, 5_000, 20, 0]) handover.slowDown(ms)
  assert.equal(handover.quiet, 5_000)
  handover.slowDown(86_400_000)
  assert.deepEqual([handover.quiet, warnings], [86_400_000, []])
})

for (const ms of [Number.POSITIVE_INFINITY, 1e300, 86_400_001])
  test(`slowDown(${ms}) counts as a day, and is named`, () => {
    const { handover, warnings } = begin()
    handover.slowDown(ms)
    assert.equal(handover.quiet, 86_400_000)
    assert.deepEqual(warnings, ['slowDown takes a day at most, and was given more; the sink is asked again after a day'])
  })

for (const ms of [Number.NaN, undefined, '60', 60n, Symbol('60'), Object.create(null)])
  test(`slowDown with ${typeof ms === 'number' ? 'NaN' : `a value of type ${typeof ms}`} is no wait, and is named`, () => {
    const { handover, warnings } = begin()
    handover.slowDown(1)
    handover.slowDown(ms as never) // what JavaScript may give
    assert.equal(handover.quiet, 1)
    assert.deepEqual(warnings, ['slowDown takes milliseconds, and was given what is no number; nothing is waited for'])
  })

test('of a sink such a mistake is named once, in whatever batch it comes again', () => {
  const { log, events, warnings } = begin()
  const batches = [1, 2].map(attempt => new Handover(events, attempt, false, log))
  for (const handover of batches) handover.slowDown(Number.NaN)
  assert.equal(warnings.length, 1)
  const other = begin()
  other.handover.slowDown(Number.NaN)
  assert.equal(other.warnings.length, 1)
})
