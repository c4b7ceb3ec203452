import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { testEvent } from '../testing/event.ts'
import { Handover } from './handover.ts'
import { createHooks } from './hooks.ts'

const quiet = { debug() {}, info() {}, warn() {}, error() {} }
const handover = new Handover([], 1, false, quiet)

test('each entry has hooks of its own', () => {
  const [one, other] = [createHooks(), createHooks()]
  for (const name of ['onFilter', 'onEvent', 'onShutdown'] as const) {
    one[name].tap('p', () => undefined)
    assert.deepEqual([one[name].taps.length, other[name].taps.length], [1, 0])
  }
})

test('onFilter: the first false decides, and the others are not asked', () => {
  const { onFilter } = createHooks()
  const asked: string[] = []
  onFilter.tap('keeps', () => void asked.push('keeps'))
  onFilter.tap('drops', () => {
    asked.push('drops')
    return false
  })
  onFilter.tap('never', () => void asked.push('never'))
  assert.equal(onFilter.call(testEvent()), false)
  assert.deepEqual(asked, ['keeps', 'drops'])
})

test('onEvent and onShutdown: one tap after the other, and the first that throws ends it', async () => {
  const { onEvent, onShutdown } = createHooks()
  const done: string[] = []
  for (const name of ['first', 'second', 'throws', 'never']) {
    const work = async () => {
      done.push(`${name} begins`)
      await turn()
      if (name === 'throws') throw new Error('no')
      done.push(`${name} ends`)
    }
    onEvent.tapPromise(name, work)
    onShutdown.tapPromise(name, work)
  }
  for (const call of [() => onEvent.promise([], handover), () => onShutdown.promise({ signal: handover.signal })]) {
    await assert.rejects(call, { message: 'no' })
    assert.deepEqual(done.splice(0), ['first begins', 'first ends', 'second begins', 'second ends', 'throws begins'])
  }
})
