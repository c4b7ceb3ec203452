import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { Log } from '@kec/plugin-api'
import { MetricsRegistry } from './metrics.ts'

function setUp(): { registry: MetricsRegistry; said: string[] } {
  const said: string[] = []
  const say = (message: string) => void said.push(message)
  const log: Log = { debug: say, info: say, warn: say, error: say }
  return { registry: new MetricsRegistry(log), said }
}

const plainly = <T>(work: () => T): T => work()

async function samples(registry: MetricsRegistry, name: string): Promise<string[]> {
  return (await registry.text()).split('\n').filter(line => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
}

describe('the registry', () => {
  test('shows counters and gauges that a plugin counts itself', async () => {
    const { registry } = setUp()
    const metrics = registry.forPlugin('mine', plainly)
    const counter = metrics.counter({ name: 'mine_sent_total', help: 'Sent.', labelNames: ['to'] })
    counter.increment(2, { to: 'a' })
    counter.increment(undefined, { to: 'a' })
    const gauge = metrics.gauge({ name: 'mine_open', help: 'Open.' })
    gauge.set(5)
    gauge.set(3)
    assert.deepEqual(await samples(registry, 'mine_sent_total'), ['mine_sent_total{to="a"} 3'])
    assert.deepEqual(await samples(registry, 'mine_open'), ['mine_open 3'])
    assert.match(await registry.text(), /# HELP mine_open Open\.\n# TYPE mine_open gauge\n/)
  })

  test('what is collected replaces what was there, and is seen as it is committed', async () => {
    const { registry } = setUp()
    let values = { a: 7, b: 1 } as Record<string, number>
    let committed = false
    const asCommitted = <T>(work: () => T): T => {
      committed = true
      try {
        return work()
      } finally {
        committed = false
      }
    }
    registry.forPlugin('mine', asCommitted).counter({
      name: 'mine_seen_total',
      help: 'Seen.',
      labelNames: ['what'],
      collect: function* () {
        for (const [what, value] of Object.entries(values)) yield { labels: { what }, value: committed ? value : -1 }
      },
    })
    assert.deepEqual(await samples(registry, 'mine_seen_total'), ['mine_seen_total{what="a"} 7', 'mine_seen_total{what="b"} 1'])
    values = { a: 8 }
    assert.deepEqual(await samples(registry, 'mine_seen_total'), ['mine_seen_total{what="a"} 8'])
  })

  test('reads all values in one turn: a scrape shows one commit', async () => {
    const { registry } = setUp()
    let commit = 0
    for (const name of ['first', 'second', 'third'])
      registry.collected('gauge', { name, help: 'The commit.', collect: () => [{ labels: {}, value: commit }] })
    const text = registry.text()
    for (let i = 0; i < 50; i++) {
      commit++
      await undefined
    }
    assert.deepEqual(
      (await text).split('\n').filter(line => /^(first|second|third) /.test(line)),
      ['first 0', 'second 0', 'third 0'],
    )
  })

  test('leaves out what cannot be collected, counts it, and says so once until it is well again', async () => {
    const { registry, said } = setUp()
    let broken = true
    const metrics = registry.forPlugin('mine', plainly)
    metrics.gauge({
      name: 'mine_bad',
      help: 'Bad.',
      collect: () => {
        if (broken) throw new Error('no luck')
        return [{ labels: {}, value: 1 }]
      },
    })
    metrics.gauge({ name: 'mine_good', help: 'Good.', collect: () => [{ labels: {}, value: 1 }] })
    const text = await registry.text()
    assert.doesNotMatch(text, /mine_bad/)
    assert.match(text, /^mine_good 1$/m)
    assert.deepEqual(await samples(registry, 'kec_metric_errors_total'), ['kec_metric_errors_total{metric="mine_bad"} 1'])
    assert.deepEqual(said, ['the metric mine_bad could not be collected and is left out: Error: no luck'])
    broken = false
    assert.deepEqual(await samples(registry, 'mine_bad'), ['mine_bad 1'])
    broken = true
    await registry.text()
    assert.equal(said.length, 2)
  })

  test('leaves out a metric with a label that was not declared, or a counter that falls below 0', async () => {
    const { registry } = setUp()
    const metrics = registry.forPlugin('mine', plainly)
    metrics.counter({ name: 'mine_label_total', help: 'x', collect: () => [{ labels: { surprise: 'x' }, value: 1 }] })
    metrics.counter({ name: 'mine_negative_total', help: 'x', collect: () => [{ labels: {}, value: -1 }] })
    assert.doesNotMatch(await registry.text(), /^mine_/m)
  })

  test('entries of one plugin share a metric that tells them apart by the label sink', async () => {
    const { registry } = setUp()
    for (const [sink, value] of [
      ['one', 1],
      ['two', 2],
    ] as const) {
      const metrics = registry.forPlugin(sink, plainly)
      metrics.counter({ name: 'mine_sent_total', help: 'x', labelNames: ['sink'] }).increment(value, { sink })
      metrics.gauge({ name: 'mine_open', help: 'x', labelNames: ['sink'], collect: () => [{ labels: { sink }, value }] })
    }
    for (let scrape = 1; scrape <= 2; scrape++) {
      assert.deepEqual(await samples(registry, 'mine_sent_total'), ['mine_sent_total{sink="one"} 1', 'mine_sent_total{sink="two"} 2'])
      assert.deepEqual(await samples(registry, 'mine_open'), ['mine_open{sink="one"} 1', 'mine_open{sink="two"} 2'])
    }
    const three = registry.forPlugin('three', plainly)
    const taken = /is there already; it is one's/
    assert.throws(() => three.gauge({ name: 'mine_sent_total', help: 'x', labelNames: ['sink'] }), taken)
    assert.throws(() => three.counter({ name: 'mine_sent_total', help: 'x', labelNames: ['sink', 'to'] }), taken)
    assert.throws(() => three.gauge({ name: 'mine_open', help: 'x', labelNames: ['sink'] }), taken)
    registry.collected('counter', { name: 'kec_x_total', help: 'x', labelNames: ['sink'], collect: () => [] })
    assert.throws(() => three.counter({ name: 'kec_x_total', help: 'x', labelNames: ['sink'], collect: () => [] }), /it is kec's/)
  })

  test('refuses a name that is taken, and says by whom', () => {
    const { registry } = setUp()
    registry.histogram('kec_sink_batch_seconds', 'x', [])
    registry.forPlugin('mine', plainly).counter({ name: 'mine_total', help: 'x' })
    const other = registry.forPlugin('other', plainly)
    assert.throws(() => other.gauge({ name: 'mine_total', help: 'x' }), /the metric mine_total is there already; it is mine's/)
    assert.throws(() => other.counter({ name: 'kec_sink_batch_seconds', help: 'x' }), /it is kec's/)
    assert.throws(() => other.counter({ name: 'process_cpu_seconds_total', help: 'x' }), /it is kec's/)
    assert.throws(() => other.counter({ name: 'not a name', help: 'x' }), /[Ii]nvalid metric name/)
  })

  test('escapes hostile values: one line for each sample', async () => {
    const { registry } = setUp()
    const hostile = 'a"} 1\nfake_total{x="\\'
    registry
      .forPlugin('mine', plainly)
      .counter({ name: 'mine_total', help: 'x', labelNames: ['reason'] })
      .increment(1, { reason: hostile })
    const text = await registry.text()
    assert.doesNotMatch(text, /^fake_total/m)
    assert.match(text, /^mine_total\{reason="a\\"\} 1\\nfake_total\{x=\\"\\\\"\} 1$/m)
  })

  test('shows the process', async () => {
    const { registry } = setUp()
    await setImmediate() // the event loop counts from its first round
    const figure = async (name: string) => Number((await samples(registry, name))[0]?.split(' ')[1])
    assert.ok((await figure('process_cpu_seconds_total')) > 0)
    assert.ok((await figure('process_resident_memory_bytes')) > 1e7)
    assert.ok((await figure('nodejs_eventloop_active_seconds_total')) > 0)
    assert.ok(Math.abs((await figure('process_start_time_seconds')) * 1000 + performance.now() - Date.now()) < 60_000)
    assert.deepEqual(await samples(registry, 'nodejs_version_info'), [`nodejs_version_info{version="${process.version}"} 1`])
  })
})
