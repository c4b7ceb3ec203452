import assert from 'node:assert/strict'
import { join } from 'node:path'
import { definePlugin, type Log } from '@kec/plugin-api'
import { Consumer } from '../src/delivery/consumer.ts'
import { admit } from '../src/host/admit.ts'
import { Blocking } from '../src/host/blocking.ts'
import { setUpPlugins } from '../src/host/start.ts'
import { settledOrAborted } from '../src/host/stop.ts'
import { openJournal } from '../src/journal/sqlite.ts'
import { decode, numberOf, record } from './events.ts'

interface Line {
  readonly plugin: string
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** How many events there are for everybody. */
export const total = 60

/** A journal, these plugins of test/bad-plugins with a consumer each, and beside them a good one. `onEnd` gets what stops them all. */
export async function neighbours(files: readonly string[], onEnd: (stop: () => void) => void, limit?: number) {
  const lines: Line[] = []
  const logOf = (plugin: string): Log => {
    const at = (message: string, fields = {}) => void lines.push({ plugin, message, fields })
    return { debug: at, info: at, warn: at, error: at }
  }
  const got: number[] = []
  const good = definePlugin({
    name: 'good',
    apiVersion: 1,
    setup(kec) {
      kec.hooks.onEvent.tap('good', batch => void got.push(...batch.map(numberOf)))
    },
  })
  const places = { folder: join(import.meta.dirname, 'bad-plugins'), cwd: import.meta.dirname }
  const { entries, problems: refused } = await admit([...files.map(file => `./${file}.ts`), good()], places)
  assert.deepEqual(refused, [])
  const journal = openJournal({ file: ':memory:', decode })
  const consumers = entries.map(
    ({ name, delivery }) => new Consumer({ name, journal, delivery: { ...delivery, maxBatch: 20 }, log: logOf(name), backoff: [1, 5] }),
  )
  onEnd(() => {
    for (const consumer of consumers) void consumer.stop(AbortSignal.abort())
  })
  const blocked: [names: readonly string[], ms: number][] = []
  const metrics = { counter: () => ({ increment() {} }), gauge: () => ({ set() {} }) }
  const { plugins, problems } = await setUpPlugins(
    entries,
    ({ name }) => ({ log: logOf(name), metrics, state: consumerOf(name).state, cluster: { name: 'test' } }),
    new Blocking((names, ms) => void blocked.push([names, ms])),
    limit,
  )
  function consumerOf(name: string): Consumer {
    return consumers.find(consumer => consumer.name === name) ?? assert.fail(name)
  }
  return {
    lines,
    got,
    blocked,
    plugins,
    problems,
    consumerOf,
    start() {
      for (const { name, hooks } of plugins) consumerOf(name).start(hooks)
      for (let n = 1; n <= total; n++) journal.append({ stream: '', records: [record(n)], position: n, ledger: '', counts: {} })
    },
    async stop(signal: AbortSignal) {
      const stopped = Promise.all(consumers.map(consumer => consumer.stop(signal)))
      await settledOrAborted(stopped, signal)
    },
  }
}
