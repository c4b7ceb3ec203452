import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Cursor } from '../journal/journal.ts'
import { sinkBook, sourceBook } from './books.ts'

test('what was received, and what became of it', () => {
  const counts = { added: 5, modified: 3, listed: 10, duplicates: 4, 'filtered:level': 2, 'filtered:plugin:x': 1, history_skipped: 1 }
  const book = sourceBook({ ...counts, journaled: 10 })
  assert.deepEqual(book, {
    ...{ received: 18, journaled: 10, duplicates: 4, historySkipped: 1, filtered: 3, causes: { level: 2, 'plugin:x': 1 }, balances: true },
  })
  assert.equal(sourceBook({ ...counts, journaled: 9 }).balances, false)
  assert.ok(sourceBook({}).balances)
})

test('what a sink got of it; what is gone from the journal and was not read is expired, and no longer pending', () => {
  const cursor: Cursor = {
    ...{ joined: 10, seq: 30, retry: [28, 29], dead: { lying: 2, redriven: 1 }, replayed: { delivered: 7, rejected: 1 } },
    counts: { skipped: 5, delivered: 9, discarded: 1, expired: 0 },
  }
  const book = sinkBook(cursor, 50, 1)
  assert.deepEqual(book, {
    ...{ journaled: 40, skipped: 5, delivered: 9, dead: 2, discarded: 1, expired: 0, pending: 23, balances: true },
  })
  assert.deepEqual(sinkBook(cursor, 50, 36), { ...book, expired: 5, pending: 18 })
  assert.deepEqual(sinkBook(cursor, 50, 51), { ...book, expired: 20, pending: 3 })
  assert.equal(sinkBook({ ...cursor, seq: 31 }, 50, 1).balances, false)
})
