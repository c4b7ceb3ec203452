import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Blocking } from './blocking.ts'

type Report = [plugins: readonly string[], ms: number]

/** Time that passes only when it is told to. `block` is time in which no timer runs. */
function watched(context: TestContext) {
  let now = 5_000
  context.mock.timers.enable({ apis: ['setInterval'] })
  context.mock.method(performance, 'now', () => now)
  const reports: Report[] = []
  const blocking = new Blocking((plugins, ms) => void reports.push([plugins, ms]))
  const block = (ms: number) => {
    now += ms
  }
  const pass = (ms: number) => {
    for (let passed = 0; passed < ms; passed += 50) {
      now += 50
      context.mock.timers.tick(50)
    }
  }
  /** The thread is free again: the timer that was due runs. */
  const free = () => context.mock.timers.tick(100)
  return { blocking, reports, block, pass, free }
}

test('the synchronous part is measured exactly, and told once', context => {
  const { blocking, reports, block, pass, free } = watched(context)
  const end = blocking.begin('slow')
  pass(150)
  blocking.measure('slow', () => block(700))
  free()
  pass(300)
  end()
  assert.deepEqual(reports, [[['slow'], 700]])
})

test('one that throws has blocked all the same', context => {
  const { blocking, reports, block } = watched(context)
  assert.throws(() =>
    blocking.measure('slow', () => {
      block(300)
      throw new Error('at last')
    }),
  )
  assert.deepEqual(reports, [[['slow'], 300]])
})

test('what is short is not worth a word', context => {
  const { blocking, reports, block, pass } = watched(context)
  const end = blocking.begin('quick')
  for (let i = 0; i < 10; i++) {
    blocking.measure('quick', () => block(50))
    pass(100)
  }
  end()
  assert.deepEqual(reports, [])
})

test('a timer that comes late names whoever has a batch', context => {
  const { blocking, reports, block, pass, free } = watched(context)
  const endOne = blocking.begin('one')
  const endTwo = blocking.begin('two')
  pass(200)
  block(900)
  free()
  endTwo()
  pass(100)
  block(500)
  endOne() // before the timer had its turn
  assert.deepEqual(reports, [
    [['one', 'two'], 800], // what it is late: the timer was not due before 100 ms
    [['one'], 400],
  ])
})

test('while nobody has a batch, a late timer is nobody’s', context => {
  const { blocking, reports, block, free } = watched(context)
  blocking.begin('one')()
  block(5_000)
  free()
  const end = blocking.begin('one')
  free()
  end()
  assert.deepEqual(reports, [])
})
