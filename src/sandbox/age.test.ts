import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ageOf, humanDuration } from './age.ts'

const [s, m, h, d] = [1000, 60_000, 3_600_000, 86_400_000]

test('an age says less the longer it is', () => {
  const cases: readonly [number, string][] = [
    [-3 * s, '<invalid>'],
    [-1.9 * s, '0s'],
    [0, '0s'],
    [119.9 * s, '119s'],
    [120 * s, '2m'],
    [9 * m + 59 * s, '9m59s'],
    [10 * m + 59 * s, '10m'],
    [179 * m, '179m'],
    [3 * h, '3h'],
    [7 * h + 59 * m, '7h59m'],
    [8 * h + 59 * m, '8h'],
    [47 * h, '47h'],
    [48 * h, '2d'],
    [7 * d + 23 * h, '7d23h'],
    [8 * d + 23 * h, '8d'],
    [729 * d, '729d'],
    [730 * d, '2y'],
    [731 * d, '2y1d'],
    [8 * 365 * d + 100 * d, '8y'],
  ]
  for (const [ms, text] of cases) assert.equal(humanDuration(ms), text)
})

test('a time that is not set has an unknown age', () => {
  assert.equal(ageOf(null, 0), '<unknown>')
  assert.equal(ageOf('2026-01-01T00:00:00Z', Date.parse('2026-01-01T00:00:07Z')), '7s')
  assert.equal(ageOf('2026-01-01T00:00:00.000001Z', Date.parse('2026-01-02T00:00:00Z')), '24h')
})
