import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { UidTable } from './uid-table.ts'
import { compareVersions } from './version.ts'

interface Known {
  version: string
  count: number
  alive: boolean
}

const uids = Array.from({ length: 40 }, (_, i) => (i % 4 === 3 ? `made-by-hand-${i}` : randomUUID()))
const version = fc.oneof(fc.integer({ min: 1, max: 1e9 }).map(String), fc.bigInt({ min: 1n, max: 10n ** 24n - 1n }).map(String))
const operation = fc.record({
  kind: fc.constantFrom('put', 'kill', 'reload'),
  uid: fc.constantFrom(...uids),
  version,
  count: fc.integer({ min: 1, max: 2 ** 31 }),
})

test('a table knows what a Map of objects knows', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 200 }), operations => {
      let table = new UidTable()
      const model = new Map<string, Known>()
      for (const { kind, uid, version, count } of operations) {
        const slot = table.find(uid)
        const known = model.get(uid)
        assert.equal(slot >= 0, known !== undefined)
        if (kind === 'reload') {
          const saved = table.save()
          table = new UidTable()
          table.load(saved)
        } else if (kind === 'kill') {
          if (slot >= 0) table.kill(slot)
          if (known) known.alive = false
        } else if (slot < 0) {
          table.insert(uid, version, count, true)
          model.set(uid, { version, count, alive: true })
        } else {
          assert.equal(Math.sign(table.compare(slot, version)), Math.sign(compareVersions(version, known?.version ?? '')))
          table.update(slot, version, count)
          table.revive(slot)
          model.set(uid, { version, count, alive: true })
        }
      }
      assert.equal(table.size, [...model.values()].filter(known => known.alive).length)
      for (const [uid, { version, count, alive }] of model) {
        const slot = table.find(uid)
        assert.equal(table.compare(slot, version), 0)
        assert.equal(table.count(slot), count)
        assert.equal(table.isAlive(slot), alive)
      }
    }),
  )
})

test('it grows, and of the dead keeps only the newest', () => {
  const table = new UidTable(100)
  const all = Array.from({ length: 20_000 }, () => randomUUID())
  all.forEach((uid, i) => {
    table.insert(uid, String(i + 1), 1, true)
    if (i % 2 === 1) table.kill(table.find(uid))
  })
  assert.equal(table.size, 10_000)
  const living = all.filter((_, i) => i % 2 === 0)
  assert.ok(living.every(uid => table.isAlive(table.find(uid))))
  assert.ok(table.find(all[1] ?? '') < 0, 'the first of the dead is forgotten')
  assert.ok(table.find(all.at(-1) ?? '') >= 0, 'the last of the dead is known')
})

test('what a list does not show is dead after it, and a list given up kills nothing', () => {
  const table = new UidTable()
  const [a, b, c] = ['a', 'b', 'c']
  for (const uid of [a, b, c]) table.insert(uid, '1', 1, true)
  table.beginList()
  table.revive(table.find(a))
  table.beginList()
  table.revive(table.find(b))
  table.revive(table.find(c))
  table.killUnseen()
  assert.deepEqual(
    [a, b, c].map(uid => table.isAlive(table.find(uid))),
    [false, true, true],
  )
  assert.equal(table.size, 2)
})
