import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faultsOf } from './metrics.ts'

const cases: readonly (readonly [name: string, type: 'counter' | 'gauge', labels: readonly string[], faults: readonly string[]])[] = [
  ['webhook_requests_total', 'counter', ['code'], []],
  ['webhook_wait_seconds', 'gauge', [], []],
  ['webhook_requests', 'counter', [], ['a counter ends in _total']],
  ['webhook_open_total', 'gauge', [], ['only a counter ends in _total']],
  ['webhook_open_count', 'gauge', [], ['the endings _bucket, _count and _sum belong to histograms']],
  ['webhook_gauge', 'gauge', [], ['the type is no part of a name']],
  ['webhook:open', 'gauge', [], ['colons belong to recording rules']],
  ['webhookOpen', 'gauge', [], ['names are written in snake_case']],
  ['webhook_open', 'gauge', ['nodeName'], ['names are written in snake_case']],
  ['webhook_wait_ms', 'gauge', [], ['units are written out, such as seconds and bytes']],
  ['webhook_wait_milliseconds_total', 'counter', [], ['only base units: seconds, bytes']],
  ['webhook_open', 'gauge', ['le'], ['the labels le and quantile belong to histograms and summaries']],
]

for (const [name, type, labelNames, faults] of cases)
  test(`${type} ${name}{${labelNames}}`, () => assert.deepEqual(faultsOf({ name, type, labelNames, help: 'Help.' }), faults))
