import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../src/delivery/fixture.ts'
import { createFilter } from '../src/filter/decide.ts'
import { shutDownPlugins } from '../src/host/stop.ts'
import { record } from './events.ts'
import { neighbours, total } from './neighbours.ts'

const all = Array.from({ length: total }, (_, index) => index + 1)

test('a sink among bad neighbours gets everything, in order, and each of them is known by its name', async context => {
  const bad = ['throws', 'hangs', 'blocks', 'rejects-with-text', 'calls-back-twice', 'answers-too-early'] as const
  const host = await neighbours(bad, stop => context.after(stop))
  assert.deepEqual(host.problems, [])
  host.start()
  const statusOf = (name: string) => host.consumerOf(name).status
  await until(() => host.got.length === total)
  assert.deepEqual(host.got, all)
  for (const name of ['blocks', 'rejects-with-text', 'calls-back-twice', 'answers-too-early'])
    await until(() => statusOf(name).delivered === total)
  await until(() => statusOf('throws').retries > 3)
  const said = (plugin: string, message: RegExp) => host.lines.some(line => line.plugin === plugin && message.test(line.message))
  await until(() => said('hangs', /has not answered within 10 ms/))

  assert.deepEqual([statusOf('throws').pending, statusOf('throws').lastError], [total, 'always'])
  assert.deepEqual([statusOf('hangs').pending, statusOf('hangs').state], [total, 'delivering'])
  assert.equal(statusOf('rejects-with-text').retries, 2)
  assert.ok(said('rejects-with-text', /just a text/))
  assert.equal(statusOf('answers-too-early').retries, 1)
  for (const [name, message] of [
    ['calls-back-twice', 'second tap'],
    ['answers-too-early', 'written'],
  ] as const) {
    const lines = host.lines.filter(line => line.plugin === name && line.message === message)
    assert.equal(
      lines.reduce((sum, { fields }) => sum + Number(fields.events), 0),
      total,
      name,
    )
  }
  const [[before] = [], [after] = []] = host.blocked
  assert.deepEqual(before, ['blocks'], 'before its first await it is known exactly')
  assert.ok(after?.includes('blocks'), 'after it, it is among those who had a batch')
  assert.ok(host.blocked.every(([, ms]) => ms >= 200))

  const limit = new AbortController()
  const stopping = host.stop(limit.signal)
  await until(() => host.plugins.every(({ name }) => name === 'hangs' || statusOf(name).state === 'stopped'))
  limit.abort()
  await stopping
  assert.equal(statusOf('hangs').state, 'delivering', 'it never answered')
  const { failed, silent } = await shutDownPlugins(host.plugins, limit.signal)
  assert.deepEqual([failed, silent], [[], ['hangs']])
})

test('what cannot be set up is said, all of it at once', async context => {
  const { problems, plugins, lines } = await neighbours(
    ['no-function', 'throws-in-setup', 'taps-nothing', 'setup-hangs'],
    stop => context.after(stop),
    20,
  )
  assert.deepEqual(
    problems.map(({ path, what }) => [path[1], what]),
    [
      [0, 'no-function refuses to start: plugin no-function taps onEvent without a function (test/bad-plugins/no-function.ts:8)'],
      [1, 'throws-in-setup refuses to start: the folder /nowhere does not exist'],
      [3, 'setup-hangs refuses to start: its setup has not ended within 0.02 s'],
    ],
  )
  assert.deepEqual(
    plugins.map(({ name }) => name),
    ['taps-nothing', 'good'],
  )
  assert.deepEqual(
    lines.map(({ plugin, message }) => [plugin, message]),
    [
      ['taps-nothing', 'the plugin taps no hook: it will never be called'],
      ['setup-hangs', 'its setup takes long; kec waits for it, 0.02 s at most'],
    ],
  )
})

test('a filter that answers with a promise drops nothing, and is told once', async context => {
  const { plugins, lines } = await neighbours(['filters-late'], stop => context.after(stop))
  const filter = createFilter({}, plugins, (plugin, error) => assert.fail(`${plugin}: ${error}`))
  for (const n of all) assert.equal(filter.decide(record(n).event), undefined)
  assert.deepEqual(
    lines.map(({ plugin, message }) => [plugin, message]),
    [['filters-late', 'onFilter must answer at once; a promise is ignored, and keeps the event']],
  )
})
