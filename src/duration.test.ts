import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseDuration } from './duration.ts'

test('a duration is a whole number and a unit', () => {
  assert.deepEqual(['20s', '90m', '24h', '7d'].map(parseDuration), [20_000, 5_400_000, 86_400_000, 604_800_000])
})

test('nothing else is one', () => {
  for (const text of ['', '5', 's', '0s', '05s', '-5s', '1.5h', '5 s', '5ms', '5S', '5s ', '9999999999s']) {
    assert.equal(parseDuration(text), undefined, text)
  }
})
