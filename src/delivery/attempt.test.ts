import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import { createHooks, SinkState } from '@kec/plugin-api/host'
import { record } from '../../test/events.ts'
import { FakeClock } from '../../test/fake-clock.ts'
import { attempt } from './attempt.ts'
import type { Batch } from './batch.ts'
import { type OnEvent, quiet } from './fixture.ts'

const { event } = record(1)
const batch: Batch = { events: [event], seqs: [1], origin: 'replay', attempt: 3, end: 1, skipped: 0, expired: 0 }

/** One attempt with a time-out of 100 ms, and what becomes of it. */
function begin(onEvent: OnEvent, state = new SinkState(new Map())) {
  const warnings: string[] = []
  const log = { ...quiet, warn: (message: string) => void warnings.push(message) }
  const hooks = createHooks()
  hooks.onEvent.tapPromise('sink', async (events, delivery) => onEvent(events, delivery))
  const stop = new AbortController()
  const ended = attempt(batch, { onEvent: hooks.onEvent, state, timeout: 100, log }, stop.signal)
  return { warnings, stop, ended }
}

test('the sink gets the batch, and what it says, sets and throws comes out', async () => {
  const kept = new SinkState(new Map())
  const resolved = begin((events, delivery) => {
    assert.deepEqual([events, delivery.attempt, delivery.replay], [batch.events, 3, true])
    delivery.retry(event)
    kept.set('a', 1)
  }, kept)
  const { handover, failure, state } = await resolved.ended
  assert.deepEqual([handover.marked, failure, state], [true, undefined, new Map([['a', 1]])])
  const thrown = begin(() => {
    kept.set('a', 1)
    throw new Error('down')
  }, kept)
  const end = await thrown.ended
  assert.deepEqual([end.failure?.message, end.state], ['down', new Map()])
  assert.throws(() => kept.set('a', 2), /only while a batch is handled/)
})

test('time is over: the signal aborts and the log says so, and still it ends with onEvent only', async () => {
  const clock = new FakeClock()
  clock.install()
  try {
    let answer = () => {}
    const { signal, ended, warnings } = hanging(resolve => {
      answer = resolve
    })
    clock.moveTo(99)
    assert.equal(signal().aborted, false)
    clock.moveTo(100)
    assert.equal(String(signal().reason), 'Error: no answer within 100 ms')
    assert.deepEqual(warnings, ['the sink has not answered within 100 ms; its signal is aborted, and the next batch waits for its end'])
    clock.moveTo(2_500)
    answer()
    const { failure, seconds } = await ended
    assert.deepEqual([failure, seconds], [undefined, 2.5])
  } finally {
    clock.uninstall()
  }
})

test('a stop that does not wait longer: the signal aborts', async () => {
  let answer = () => {}
  const { signal, ended, stop } = hanging(resolve => {
    answer = resolve
  })
  stop.abort()
  assert.equal(String(signal().reason), 'Error: kec stops and does not wait longer')
  answer()
  await ended
})

test('once it has ended it hears of neither, and marks count no more', async () => {
  const clock = new FakeClock()
  clock.install()
  try {
    const { ended, stop, warnings } = begin(() => undefined)
    const { handover } = await ended
    assert.equal(clock.next, Number.POSITIVE_INFINITY)
    assert.deepEqual(getEventListeners(stop.signal, 'abort'), [])
    handover.retry(event)
    assert.deepEqual([handover.marked, warnings], [false, ['a mark came after the batch had ended; it is ignored']])
  } finally {
    clock.uninstall()
  }
})

/** An attempt whose onEvent lasts until `hold` lets it go. */
function hanging(hold: (resolve: () => void) => void) {
  let signal: AbortSignal | undefined
  const begun = begin((_, delivery) => {
    ;({ signal } = delivery)
    return new Promise(hold)
  })
  return { ...begun, signal: () => signal ?? assert.fail('onEvent was not called') }
}
