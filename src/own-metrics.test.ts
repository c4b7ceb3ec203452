import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { Delivery, Hooks, KubeEvent } from '@kec/plugin-api'
import { AsyncSeriesHook } from 'tapable'
import { decode, numberOf, record } from '../test/events.ts'
import { folderWith } from '../test/folder.ts'
import { imbalances, samplesOf } from '../test/scrape.ts'
import { Consumer } from './delivery/consumer.ts'
import { MetricsRegistry } from './host/metrics.ts'
import type { NewRecord } from './journal/journal.ts'
import { openJournal } from './journal/sqlite.ts'
import { registerOwnMetrics } from './own-metrics.ts'
import { readiness, statusOf } from './status.ts'

const quiet = { debug() {}, info() {}, warn() {}, error() {} }

/** A journal that holds little, a sink, and what kec shows of them. */
function place(t: TestContext, onEvent: (batch: readonly KubeEvent[], delivery: Delivery) => Promise<void> | void, file = ':memory:') {
  const journal = openJournal({ file, decode, maxBytes: 1.5 * 1024 ** 2, fold: () => '' })
  const delivery = { maxBatch: 4 }
  const matches = (event: KubeEvent) => numberOf(event) % 5 !== 0
  const sink = new Consumer({ name: 'sink', journal, delivery, matches, log: quiet, backoff: [0, 0] })
  const late = new Consumer({ name: 'late', journal, delivery, log: quiet })
  const onEventHook: Hooks['onEvent'] = new AsyncSeriesHook<[readonly KubeEvent[], Delivery]>(['batch', 'delivery'])
  onEventHook.tapPromise('test', async (batch, how) => onEvent(batch, how))
  sink.start({ onEvent: onEventHook })
  t.after(() => sink.stop(AbortSignal.abort()))
  const registry = new MetricsRegistry(quiet)
  const figures = () => ({ journal, streams: [], consumers: [sink.status, late.status], filterErrors: new Map([['p', 2]]) })
  registerOwnMetrics(registry, figures)
  const totals = new Map<string, number>()
  return {
    journal,
    sink,
    figures,
    append(count: number, bytes = 0): void {
      const records = Array.from({ length: count }, (_, index): NewRecord => {
        const raw = { ...JSON.parse(record(journal.head + index + 1).line.toString()), note: randomBytes(bytes).toString('latin1') }
        return { event: decode(JSON.stringify(raw)), line: Buffer.from(JSON.stringify(raw)) }
      })
      const dropped = { 'filtered:level': 1, history_skipped: 2, duplicates: 3 } as const
      journal.append({ stream: '', records, position: null, ledger: '', counts: { listed: count, added: 4, modified: 2, ...dropped } })
    },
    /** A scrape: it must balance, and no counter may have fallen. Gives the values of a metric by its labels. */
    async scrape(): Promise<(name: string) => Record<string, number>> {
      const text = await registry.text()
      assert.deepEqual(imbalances(text), [])
      for (const [line, name = '', value] of text.matchAll(/^([^#{ ]+_total(?:\{.*\})?) (\S+)$/gm)) {
        assert.ok(Number(value) >= (totals.get(name) ?? 0), `fell from ${totals.get(name)}: ${line}`)
        totals.set(name, Number(value))
      }
      return name =>
        Object.fromEntries(
          samplesOf(text, name).map(({ labels, value }) => [
            Object.entries(labels)
              .map(([key, label]) => `${key}=${label}`)
              .join(),
            value,
          ]),
        )
    },
  }
}

test('every scrape balances: rejected, redriven, discarded, replayed, expired, startFrom now, and one that is down', async t => {
  let how: 'deliver' | 'reject' | 'throw' = 'deliver'
  const here = place(t, (batch, delivery) => {
    if (how === 'throw') throw new Error('down')
    if (how === 'reject') for (const event of batch) delivery.reject(event, 'no')
  })
  const { journal, sink } = here
  const settle = async () => {
    for (let i = 0; i < 60; i += 1) {
      await turn()
      await here.scrape()
    }
  }
  here.append(10)
  await settle()
  how = 'reject'
  here.append(10)
  await settle()
  assert.deepEqual((await here.scrape())('kec_sink_dead_letters'), { 'sink=sink': 8, 'sink=late': 0 })
  journal.discard('sink', [11])
  await here.scrape()
  how = 'throw'
  journal.redrive('sink', [12, 13])
  await settle()
  assert.deepEqual((await here.scrape())('kec_sink_pending_events'), { 'sink=sink': 2, 'sink=late': 20 })
  how = 'deliver'
  await settle()
  how = 'reject'
  journal.redrive('sink', 'all')
  journal.replay({ consumer: 'sink', since: new Date(0), rules: null })
  await settle()
  how = 'deliver'
  journal.replay({ consumer: 'sink', since: new Date(0), rules: null })
  await settle()
  how = 'throw'
  for (let n = 0; n < 100; n += 1) {
    here.append(1, 20_000)
    await here.scrape()
    if (n % 10 === 0) await settle()
  }
  how = 'deliver'
  while (sink.status.pending > 0) await settle()

  const shown = await here.scrape()
  const outcomes = shown('kec_sink_events_total')
  const expired = outcomes['sink=sink,outcome=expired'] ?? 0
  assert.ok(expired > 0)
  assert.equal(outcomes['sink=sink,outcome=discarded'], 1)
  assert.equal(shown('kec_sink_dead_letters')['sink=sink'], 5)
  assert.deepEqual(shown('kec_sink_replayed_events_total'), {
    'sink=sink,outcome=delivered': 16,
    'sink=sink,outcome=rejected': 16,
    'sink=late,outcome=delivered': 0,
    'sink=late,outcome=rejected': 0,
  })
  // One that has not begun is expired in the same way, and shown at once.
  assert.equal(outcomes['sink=late,outcome=expired'], journal.oldest - 1)
  assert.equal(shown('kec_sink_pending_events')['sink=late'], journal.head - journal.oldest + 1)
  const { bytes, hours } = journal.size
  assert.deepEqual(Object.values(shown('kec_journal_bytes')), [bytes])
  assert.ok(Math.abs((Object.values(shown('kec_journal_capacity_seconds'))[0] ?? 0) - (hours ?? 0) * 3_600) < 360)
})

test('a damaged row in the journal: each sink gets all others, the scrape balances and says how many were lost', async t => {
  const file = join(folderWith(t, {}), 'journal.db')
  const journal = openJournal({ file, decode })
  for (const name of ['sink', 'late']) journal.join(name, 'now')
  for (const first of [1, 11, 21]) {
    const records = Array.from({ length: 10 }, (_, i) => record(first + i))
    journal.append({ stream: '', records, position: null, ledger: '', counts: { listed: 10 } })
  }
  journal.close()
  const beside = new DatabaseSync(file)
  beside.exec('UPDATE batches SET records = zeroblob(100) WHERE last = 20')
  beside.close()
  const came: number[] = []
  const here = place(t, batch => void came.push(...batch.map(numberOf)), file)
  for (let i = 0; i < 60; i += 1) {
    await turn()
    await here.scrape()
  }
  assert.deepEqual(
    came,
    [...Array(30).keys()].map(i => i + 1).filter(n => n % 5 !== 0 && (n <= 10 || n > 20)),
  )
  const shown = await here.scrape()
  const outcomes = shown('kec_sink_events_total')
  assert.deepEqual([outcomes['sink=sink,outcome=expired'], outcomes['sink=sink,outcome=skipped']], [10, 4])
  assert.equal(shown('kec_sink_pending_events')['sink=sink'], 0)
  assert.deepEqual(Object.values(shown('kec_journal_damaged_events_total')), [10])
})

test('/status says the same, with what the journal holds; nothing is ready before the API server answers', t => {
  const here = place(t, () => {})
  here.append(10)
  const identity = { name: 'prod', uid: 'u' }
  const cluster = { server: 'https://one', origin: 'test' } as Parameters<typeof statusOf>[1] // all that statusOf looks at
  const status = JSON.parse(JSON.stringify(statusOf(identity, cluster, here.figures(), text => text)))
  assert.deepEqual(status.cluster, { name: 'prod', uid: 'u', server: 'https://one', origin: 'test' })
  const { events, held, damaged, bytes, maxBytes, hours } = status.journal
  assert.deepEqual([events, held, damaged, maxBytes], [10, 10, 0, 1.5 * 1024 ** 2])
  assert.ok(bytes > 0 && hours > 0)
  const [{ name, journaled, skipped, delivered, dead, discarded, expired, pending }] = status.consumers
  assert.deepEqual([name, journaled, skipped + delivered + dead + discarded + expired + pending], ['sink', 10, 10])
  assert.deepEqual(status.filterErrors, { p: 2 })
  assert.equal(readiness(here.figures()).ready, false)
})
