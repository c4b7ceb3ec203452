import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { testEvent } from '../testing/event.ts'
import { type Around, guardHooks } from './guard.ts'
import { Handover } from './handover.ts'
import { createHooks } from './hooks.ts'

/** The guarded hooks of a plugin `p`, and what was said and done around them. */
function begin() {
  const said: string[] = []
  const say = (level: string) => (message: string) => void said.push(`${level}: ${message}`)
  const log = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') }
  const around: Around = {
    sync(work) {
      said.push('sync begins')
      try {
        return work()
      } finally {
        said.push('sync ends')
      }
    },
    async async(work) {
      said.push('async begins')
      try {
        await work()
      } finally {
        said.push('async ends')
      }
    },
  }
  const hooks = createHooks()
  guardHooks('p', hooks, around, log)
  const handover = new Handover([], 1, false, log)
  /** Both hooks that wait are guarded alike. */
  const waiting = [
    ['onEvent', hooks.onEvent, () => hooks.onEvent.promise([], handover)],
    ['onShutdown', hooks.onShutdown, () => hooks.onShutdown.promise({ signal: handover.signal })],
  ] as const
  return { hooks, said, waiting }
}

test('onFilter: only false drops, and it runs inside of what goes on around it', () => {
  for (const [answer, verdict] of [[false, false], [true], [0], [''], [null], [undefined], [{}]] as const) {
    const { hooks, said } = begin()
    hooks.onFilter.tap('p', () => {
      said.push('asked')
      return answer as never
    })
    assert.equal(hooks.onFilter.call(testEvent()), verdict)
    assert.deepEqual(said, ['sync begins', 'asked', 'sync ends'])
  }
})

test('onFilter: a throw is let through', () => {
  const { hooks } = begin()
  hooks.onFilter.tap('p', () => assert.fail('no'))
  assert.throws(() => hooks.onFilter.call(testEvent()), { message: 'no' })
})

test('onFilter: a promise keeps the event, is named once, and may reject unheard', async () => {
  const { hooks, said } = begin()
  hooks.onFilter.tap('p', (async () => assert.fail('too late')) as never)
  for (let i = 0; i < 2; i++) assert.equal(hooks.onFilter.call(testEvent()), undefined)
  await turn() // a rejection that nobody hears would end the test
  assert.deepEqual(
    said.filter(line => !line.startsWith('sync')),
    ['error: onFilter must answer at once; a promise is ignored, and keeps the event'],
  )
})

test('onFilter: no answer of an earlier tap keeps a later one from dropping the event', () => {
  const { hooks } = begin()
  hooks.onFilter.tap('p', () => true as never)
  hooks.onFilter.tap('p', () => false)
  assert.equal(hooks.onFilter.call(testEvent()), false)
})

test('however it is tapped, a hook ends with the work, and around.async sees it from begin to end', async () => {
  for (const way of ['tap', 'tapPromise', 'tapAsync'] as const) {
    const { said, waiting } = begin()
    for (const [, hook, call] of waiting) {
      const work = async () => {
        said.push('begins')
        await turn()
        said.push('ends')
      }
      if (way === 'tapAsync') hook.tapAsync('p', (...args: unknown[]) => void work().then(() => (args.at(-1) as () => void)()))
      else hook[way]('p', work)
      await call()
      assert.deepEqual(said.splice(0), ['async begins', 'begins', 'ends', 'async ends'], way)
    }
  }
})

test('however it is tapped, the arguments come, and an error goes out', async () => {
  const { hooks } = begin()
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  const batch = [testEvent()]
  const delivery = new Handover(batch, 1, false, log)
  const got: unknown[] = []
  hooks.onEvent.tap('tap', (...args) => void got.push(args))
  hooks.onEvent.tapPromise('promise', async (...args) => void got.push(args))
  hooks.onEvent.tapAsync('async', (one, other, done) => {
    got.push([one, other])
    done(new Error('no'))
  })
  await assert.rejects(hooks.onEvent.promise(batch, delivery), { message: 'no' })
  for (const args of got) assert.deepEqual(args, [batch, delivery])
  assert.equal(got.length, 3)
})

test('tapAsync: the first call of the callback counts, and a second one is named, once', async () => {
  const { said, waiting } = begin()
  for (const [name, hook, call] of waiting) {
    hook.tapAsync('p', (...args: unknown[]) => {
      const done = args.at(-1) as (error?: Error) => void // of both hooks the last argument
      done()
      for (let i = 0; i < 2; i++) done(new Error('again'))
    })
    await call()
    assert.deepEqual(
      said.splice(0).filter(line => line.startsWith('warn')),
      [`warn: ${name} called back again; only the first call counts`],
    )
  }
})

test('tapAsync: a throw counts, of an async function, too, which will not call back', async () => {
  for (const tap of [() => assert.fail('no'), async () => assert.fail('no')]) {
    const { waiting } = begin()
    for (const [, hook, call] of waiting) {
      hook.tapAsync('p', tap)
      await assert.rejects(call, { message: 'no' })
    }
  }
})

test('tapAsync: an error that is none is success', async () => {
  for (const nothing of [null, undefined, false]) {
    const { hooks, waiting } = begin()
    hooks.onEvent.tapAsync('p', (_batch, _delivery, done) => done(nothing as never))
    for (const [, , call] of waiting) await call()
  }
})

test('a tap without a function is an error as it is made, which names plugin and hook', () => {
  const { hooks } = begin()
  for (const name of ['onFilter', 'onEvent', 'onShutdown'] as const)
    assert.throws(() => (hooks[name].tap as (name: string) => void)('p'), {
      name: 'TypeError',
      message: `plugin p taps ${name} without a function`,
    })
})

test('what else a tap says holds: taps run by their stage', async () => {
  const { hooks, waiting } = begin()
  const order: string[] = []
  hooks.onEvent.tap({ name: 'late', stage: 1 }, () => void order.push('late'))
  hooks.onEvent.tap('early', () => void order.push('early'))
  for (const [, , call] of waiting) await call()
  assert.deepEqual(order, ['early', 'late'])
})
