import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Cluster } from '../cluster/cluster.ts'
import { Failure } from './failure.ts'
import { ofEvents, Rig, until, watches } from './fixture.ts'
import { Trouble } from './trouble.ts'

const never = { timing: { backoff: [3600_000, 3600_000] } } as const

async function watching(options: Parameters<Rig['start']>[0] = {}): Promise<Rig & AsyncDisposable> {
  const rig = await Rig.make()
  rig.create('a')
  rig.start(options)
  await rig.caughtUp()
  return rig
}

/** Nothing is lost, nothing comes twice. */
async function assertGoesOn(rig: Rig): Promise<void> {
  rig.create('z')
  await rig.came('z')
  assert.deepEqual(rig.names, ['a', 'z'])
}

test('410 to a watch, as an answer and in the stream: one list', async () => {
  for (const fault of [{ kind: 'answer', code: 410 } as const, { kind: 'error', code: 410 } as const]) {
    await using rig = await watching()
    rig.sandbox.faults.inject(fault, watches)
    rig.cut()
    await until('a list', () => rig.stream.lists === 2)
    await assertGoesOn(rig)
    assert.deepEqual(rig.stream.relists, { expired: 1 })
    assert.deepEqual(rig.stream.failures.gone, 1)
  }
})

test('an error of the API server in a stream: only the third at one position makes it list again', async () => {
  for (const times of [2, 3]) {
    await using rig = await watching()
    rig.sandbox.faults.inject({ kind: 'error', code: 500 }, { ...watches, times })
    rig.cut()
    await until('the errors', () => rig.stream.failures.stream_error === times)
    await assertGoesOn(rig)
    assert.deepEqual(rig.stream.relists, times === 3 ? { stuck: 1 } : {})
  }
})

test('errors in a stream that moves on are no reason to list again', async () => {
  await using rig = await watching()
  rig.sandbox.faults.inject({ kind: 'error', code: 500, after: 1 }, { ...watches, times: 4 })
  rig.cut()
  for (let i = 1; i <= 4; i++) {
    rig.create(`e${i}`)
    await until('an error', () => rig.stream.failures.stream_error === i)
  }
  assert.deepEqual(rig.stream.relists, {})
})

test('garbage in a stream: only the third at one position makes it list again', async () => {
  for (const bytes of ['<html>\n', '{"type":"ADDED"}\n', '{"type":"NEW","object":{}}\n', 'null\n', '\u0000\n']) {
    for (const times of [2, 3]) {
      await using rig = await watching()
      rig.sandbox.faults.inject({ kind: 'garbage', bytes }, { ...watches, times })
      rig.cut()
      await until('the garbage', () => rig.stream.failures.garbage === times)
      await assertGoesOn(rig)
      assert.deepEqual(rig.stream.relists, times === 3 ? { stuck: 1 } : {})
    }
  }
})

test('an API server that is down, or answers with errors, leaves the position as it is', async () => {
  for (const fault of [{ kind: 'answer', code: 500 }, { kind: 'answer', code: 503 }, { kind: 'drop' }] as const) {
    await using rig = await watching()
    const struck = rig.sandbox.faults.inject(fault, { ...ofEvents, times: 7 })
    rig.cut()
    await until('the faults', () => struck.struck === 7)
    await assertGoesOn(rig)
    assert.deepEqual([rig.stream.relists, rig.stream.lists], [{}, 1])
  }
})

test('a version that the API server will not have at all is given up', async () => {
  await using rig = await watching()
  rig.sandbox.faults.inject({ kind: 'answer', code: 400 }, { ...watches, times: 3 })
  rig.cut()
  await until('a list', () => rig.stream.lists === 2)
  await assertGoesOn(rig)
  assert.deepEqual(rig.stream.relists, { stuck: 1 })
})

test('a half line and a cut connection: what was not whole comes again', async () => {
  await using rig = await watching()
  for (const bytes of [0, 1, 40, 800]) {
    rig.sandbox.faults.inject({ kind: 'truncate', bytes }, watches)
    rig.cut()
    rig.create(`cut-at-${bytes}`)
    await rig.came(`cut-at-${bytes}`)
  }
  await assert.doesNotReject(rig.caughtUp())
  assert.deepEqual(rig.names, ['a', 'cut-at-0', 'cut-at-1', 'cut-at-40', 'cut-at-800'])
  assert.deepEqual([rig.stream.lists, rig.gaps], [1, []])
})

test('a list that is none', async () => {
  for (const bytes of ['<html>', '{}\n{}']) {
    await using rig = await Rig.make()
    rig.create('a')
    rig.sandbox.faults.inject({ kind: 'garbage', bytes }, ofEvents)
    rig.start()
    await rig.caughtUp()
    assert.equal(rig.stream.failures.garbage, 1)
    await assertGoesOn(rig)
  }
})

test('a watch that ends at once, having brought nothing or only what was known, is not hammered', async () => {
  for (const bookmark of [false, true]) {
    await using rig = await watching(never)
    for (const watch of rig.sandbox.watches) {
      if (bookmark) watch.bookmark()
      watch.end()
    }
    await until('the failure', () => rig.stream.failing)
    assert.match(rig.stream.failing ?? '', /ends each watch at once/)
    const { length } = rig.asked()
    await rig.breath()
    assert.equal(rig.asked().length, length)
  }
})

test('waits double while nothing comes of it, and begin anew after progress', () => {
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  const trouble = new Trouble('*', log, [100, 30_000])
  const wait = (failure = new Failure('connection', 'reset')) => trouble.wait(failure)
  const within = (ms: number, most: number) => assert.ok(ms >= most / 2 && ms <= most, `${ms} of ${most}`)
  for (const most of [100, 200, 400, 800]) within(wait(), most)
  for (let i = 0; i < 2_000; i++) within(wait(), Math.min(30_000, 1_600 * 2 ** i))
  trouble.progress()
  assert.equal(wait(new Failure('gone', '')), 0, 'an expired position is normal')
  within(wait(new Failure('gone', '')), 200)
  trouble.progress()
  within(wait(), 100)
  assert.equal(wait(new Failure('too_many_requests', '', 120_000)), 120_000)
  assert.equal(wait(new Failure('too_many_requests', '', 1e12)), 3600_000)
})

test('an API server whose watches always end with an error at once, or after what is known, is asked ever more slowly', async () => {
  for (const after of [0, 1]) {
    await using rig = await watching({ timing: { backoff: [1, 3600_000] } })
    rig.sandbox.faults.inject({ kind: 'rewind', changes: 1 }, { ...watches, times: Number.POSITIVE_INFINITY })
    rig.sandbox.faults.inject({ kind: 'error', code: 500, after }, { ...watches, times: Number.POSITIVE_INFINITY })
    rig.cut()
    // 1, 2, 4 … ms: with a first wait each time it would go on for ever.
    await until('a few errors', () => (rig.stream.failures.stream_error ?? 0) >= 7)
    assert.ok((rig.stream.relists.stuck ?? 0) >= 2)
    const { length } = rig.asked()
    await rig.breath()
    assert.ok(rig.asked().length - length <= 6)
    assert.deepEqual(rig.names, ['a'])
  }
})

test('Retry-After is honoured', async () => {
  await using rig = await watching()
  rig.sandbox.faults.inject({ kind: 'answer', code: 429, retryAfter: 600 }, ofEvents)
  rig.cut()
  await until('the refusal', () => rig.stream.failures.too_many_requests === 1)
  const { length } = rig.asked()
  await rig.breath()
  assert.equal(rig.asked().length, length)
})

test('an error in the stream may say when to come again', async () => {
  await using rig = await watching()
  for (const watch of rig.sandbox.watches) watch.send('ERROR', { code: 429, message: 'later', details: { retryAfterSeconds: 600 } })
  await until('the refusal', () => rig.stream.failures.too_many_requests === 1)
  const { length } = rig.asked()
  await rig.breath()
  assert.equal(rig.asked().length, length)
})

/** The cluster, as it looks to someone who changes what is asked. */
function asking(cluster: Cluster, change: (request: Parameters<Cluster['request']>[1]) => Parameters<Cluster['request']>[1]): Cluster {
  return new Proxy(cluster, {
    get: (target, key) =>
      key === 'request' ? (path: string, request: object = {}) => target.request(path, change(request)) : Reflect.get(target, key),
  })
}

test('a watch that does not end when it was to is given up', async () => {
  // 0 seconds are no limit to the API server.
  await using rig = await watching({ timing: { watchSeconds: [0, 0], watchSlack: 50 } })
  await until('the failure', () => rig.warnings.some(text => text.includes('was to end after 0 s and did not')))
  await assertGoesOn(rig)
  assert.equal(rig.stream.lists, 1)
})

test('a list has a deadline: for its head, and between the pieces of its body', async () => {
  await using rig = await Rig.make()
  rig.create('a')
  const { faults } = rig.sandbox
  const hurried = asking(rig.cluster, request => {
    const { headersTimeout = Number.NaN, bodyTimeout = Number.NaN } = request ?? {}
    return { ...request, headersTimeout: headersTimeout / 100, bodyTimeout: bodyTimeout / 100 }
  })
  const hanging = faults.inject({ kind: 'hang' }, ofEvents)
  rig.start({ cluster: hurried })
  await rig.caughtUp()
  assert.equal(hanging.struck, 1)
  await assertGoesOn(rig)
})

test('a request that is under way when the source stops is given up', async () => {
  await using rig = await Rig.make()
  const hanging = rig.sandbox.faults.inject({ kind: 'hang' }, ofEvents)
  rig.start()
  await until('the request', () => hanging.struck === 1)
  await rig.stop()
  assert.deepEqual(rig.warnings, [])
})

test('trouble is said once, and its end too', () => {
  const said: string[] = []
  const say = (level: string) => (text: string) => said.push(`${level} ${text}`)
  const trouble = new Trouble('*', { debug() {}, info: say('info'), warn: say('warn'), error: say('error') }, [1, 1])
  for (let i = 0; i < 3; i++) trouble.report(new Failure('connection', 'refused'))
  trouble.answered()
  trouble.answered()
  trouble.report(new Failure('gone', 'too old'))
  assert.deepEqual(said, [
    'warn refused',
    'info the API server answers again',
    'info the position has expired at the API server: listing again',
  ])
  assert.deepEqual(trouble.counts, { connection: 3, gone: 1 })
})
