import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { nanosecondsOf } from './time.ts'

const at = (time: string, resourceVersion = '4711') => nanosecondsOf({ time, resourceVersion })

test('what the API server sent of the time is kept; the resource version fills the digits below', () => {
  const second = BigInt(Date.parse('2026-01-31T10:00:00Z')) * 1_000_000n
  assert.equal(at('2026-01-31T10:00:00Z'), second + 4_711n)
  assert.equal(at('2026-01-31T10:00:00Z', '123456789'), second + 456_789n)
  assert.equal(at('2026-01-31T10:00:00.538734Z'), second + 538_734_711n)
  assert.equal(at('2026-01-31T10:00:00.538Z'), second + 538_004_711n)
  assert.equal(at('2026-01-31T10:00:00.538734123Z'), second + 538_734_123n)
  assert.equal(at('2026-01-31T12:00:00.5+02:00', '0'), second + 500_000_000n)
  assert.equal(at('2026-01-31T10:00:00Z', '9'.repeat(60)), second + 999_999n)
  assert.equal(at('2026-01-31T10:00:00Z', 'none'), second)
})

test('a time that 63 bits of nanoseconds do not hold is none', () => {
  assert.deepEqual(
    ['', 'soon', '1969-12-31T23:59:59Z', '9999-12-31T23:59:59Z', '2263-01-01T00:00:00Z'].map(time => at(time)),
    Array(5).fill(undefined),
  )
  assert.equal(at('1970-01-01T00:00:00Z', '0'), 0n)
})

test('events of one moment never have one time, and stay in the order of their versions, less than a millisecond apart', () => {
  const moment = fc.constantFrom('2026-01-31T10:00:00Z', '2026-01-31T10:00:00.5Z', '2026-01-31T10:00:00.123Z')
  fc.assert(
    fc.property(moment, fc.bigInt({ min: 0n, max: 10n ** 30n }), fc.integer({ min: 1, max: 900_000 }), (time, version, more) => {
      const base = version - (version % 1_000_000n)
      const [first = 0n, second = 0n] = [base, base + BigInt(more)].map(one => at(time, String(one)))
      assert.ok(first < second && second - first < 1_000_000n)
    }),
  )
})
