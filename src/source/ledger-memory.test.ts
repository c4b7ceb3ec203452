import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ledger } from './ledger.ts'
import { takeOutGarbage } from './memory.ts'

/** Bytes of the heap and outside of it. */
function held(): number {
  takeOutGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

test('a live event costs the ledger at most 100 bytes, beside the names that it remembers', t => {
  const ledger = new Ledger()
  let made = 0
  const add = (events: number, count: number) => {
    for (const end = made + events; made < end; made++) {
      const hex = made.toString(16).padStart(12, '0')
      const facts = { uid: `${hex.slice(4)}-0000-4000-8000-${hex}`, version: String(made), count, namespace: 'team-7', name: `app.${hex}` }
      ledger.restore(facts, false)
    }
  }
  add(100_000, 2) // as many names as it remembers
  const base = held()
  const costs = Array.from({ length: 10 }, () => {
    add(40_000, 1)
    return (held() - base) / (made - 100_000)
  }).slice(3) // of fewer events, what else V8 holds would be a part that counts
  assert.equal(ledger.size, 500_000)
  t.diagnostic(`bytes for each event: ${costs.map(Math.round).join(' ')}`)
  assert.ok(Math.max(...costs) <= 100, String(costs))
})
