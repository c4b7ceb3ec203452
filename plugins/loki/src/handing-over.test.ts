import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type Entry, entryOf } from './entry.ts'
import { eventOf, Marks } from './fixture.ts'
import { bySize, type Evidence, HandingOver } from './handing-over.ts'
import type { Verdict } from './verdict.ts'

const taken: Verdict = { is: 'taken' }
const refused = { is: 'refused', why: 'bad', words: 'timestamp too old', oldest: undefined, isForAll: false } as const

const odd = { ...refused, words: undefined, why: 'parse error' }

/** Entry `n` is `n` seconds after the others' beginning, in the stream of its parity. */
function entriesOf(count: number): Entry[] {
  return Array.from({ length: count }, (_, n) => {
    const time = new Date(Date.UTC(2026, 0, 31) + n * 1000).toISOString()
    const entry = entryOf(eventOf(n, { time }), { stream: String(n % 2) }, { line: 'message', structuredMetadata: true })
    assert.ok(entry)
    return entry
  })
}

const numberOf = ({ event }: Entry) => Number(event.resourceVersion)

/** Hands so many entries over to a Loki that answers like this. */
async function hand(
  count: number | readonly Entry[],
  answer: (numbers: number[], pushes: number) => Verdict,
  maxBytes = 1_000_000,
  { attempt = 1, evidence = {} }: { attempt?: number; evidence?: Evidence } = {},
) {
  const marks = new Marks()
  marks.attempt = attempt
  const stored = new Set<number>()
  let pushes = 0
  const handing = new HandingOver(
    marks,
    async part => {
      const verdict = answer(part.map(numberOf), ++pushes)
      if (verdict.is === 'taken') for (const entry of part) stored.add(numberOf(entry))
      return verdict
    },
    evidence,
  )
  let failure: string | undefined
  let thrown: string | undefined
  try {
    failure = await handing.run(typeof count === 'number' ? entriesOf(count) : count, maxBytes)
  } catch (error) {
    thrown = String(error)
  }
  const rejected = [...marks.rejected.keys()].map(Number).sort((a, b) => a - b)
  return { marks, rejected, retried: marks.retried.map(Number), stored, pushes, failure, thrown }
}

describe('handing over', () => {
  test('a batch that is taken is one push', async () => {
    const { pushes, stored, rejected } = await hand(500, () => taken)
    assert.deepEqual([pushes, stored.size, rejected], [1, 500, []])
  })

  test('those to blame are found, whichever they are; the others are stored', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 60 }), fc.uniqueArray(fc.integer({ min: 0, max: 59 })), async (count, bad) => {
        const { rejected, stored, thrown } = await hand(count, numbers => (numbers.some(n => bad.includes(n)) ? refused : taken))
        const expected = bad.filter(n => n < count).sort((a, b) => a - b)
        assert.deepEqual([rejected, stored.size, thrown], [expected, count - expected.length, undefined])
      }),
      { numRuns: 60 },
    )
  })

  test('one of 500 costs few pushes', async () => {
    const { pushes, rejected } = await hand(500, numbers => (numbers.includes(77) ? refused : taken))
    assert.deepEqual(rejected, [77])
    assert.ok(pushes <= 20, `${pushes}`)
  })

  test('a limit for all streams settles what is older at once', async () => {
    const limit = 300
    const oldest = BigInt(Date.UTC(2026, 0, 31) + limit * 1000) * 1_000_000n
    const answer = (numbers: number[]) => (numbers.some(n => n < limit) ? { ...refused, oldest, isForAll: true } : taken)
    const { pushes, rejected, stored, marks } = await hand(500, answer)
    assert.deepEqual([pushes, rejected.length, rejected.at(-1), stored.size], [2, limit, limit - 1, 200])
    assert.equal(
      marks.rejected.get('7'),
      'Loki refuses it: timestamp too old: its time is 2026-01-31T00:00:07.000Z, the oldest that is taken 2026-01-31T00:05:00.000Z',
    )
  })

  test('a limit of one stream is not taken for another’s', async () => {
    const oldest = BigInt(Date.UTC(2026, 0, 31) + 400_000) * 1_000_000n
    const isBad = (n: number) => n % 2 === 0 && n < 400
    const { pushes, rejected } = await hand(500, numbers => (numbers.some(isBad) ? { ...refused, oldest } : taken))
    assert.deepEqual(
      rejected,
      Array.from({ length: 200 }, (_, i) => i * 2),
    )
    assert.ok(pushes < 12, `${pushes}`)
  })

  test('too large: smaller pushes; one event that is too large alone is put aside', async () => {
    const { rejected, stored, pushes } = await hand(100, numbers =>
      numbers.length > 30 || numbers.includes(5) ? { is: 'too large', why: '413' } : taken,
    )
    assert.deepEqual([rejected, stored.size], [[5], 99])
    assert.ok(pushes < 20, `${pushes}`)
  })

  test('words that are not known to be about events: others are to blame only if one is taken', async () => {
    const none = await hand(500, () => odd)
    assert.match(none.thrown ?? '', /parse error\. No other event is taken either/)
    assert.deepEqual([none.pushes, none.rejected, none.marks.pauses], [3, [], [60_000]])
    for (const attempt of [3, 100]) assert.deepEqual((await hand(2, () => odd, undefined, { attempt })).rejected, [])
    const later = await hand(50, (_, pushes) => (pushes === 1 ? taken : odd), 5_000)
    assert.deepEqual([later.rejected, later.retried.length, later.stored.size > 0], [[], 50 - later.stored.size, true])
    const some = await hand(500, numbers => (numbers.includes(0) ? odd : taken))
    assert.deepEqual([some.rejected, some.stored.size, some.thrown], [[0], 499, undefined])
    assert.deepEqual([...some.marks.rejected.values()], ['parse error'])
  })

  test('of a batch whose first and last are to blame, others are tried the next time', async () => {
    const answer = (numbers: number[]) => (numbers.some(n => n < 2 || n > 7) ? odd : taken)
    const outcomes = []
    for (const attempt of [1, 2, 3]) outcomes.push(await hand(10, answer, undefined, { attempt }))
    assert.deepEqual(
      outcomes.map(({ rejected, stored, thrown }) => [rejected, stored.size, thrown !== undefined]),
      [
        [[], 0, true],
        [[], 0, true],
        [[0, 1, 8, 9], 6, false],
      ],
    )
  })

  test('a batch of one: to blame if Loki takes again what it took before, else it comes again', async () => {
    const [before, poison] = entriesOf(2)
    assert.ok(before && poison)
    const evidence: Evidence = {}
    await hand([before], () => taken, undefined, { evidence })
    const proven = await hand([poison], numbers => (numbers.includes(1) ? odd : taken), undefined, { evidence })
    assert.deepEqual([proven.rejected, proven.pushes, proven.thrown], [[1], 2, undefined])
    for (const attempt of [1, 2, 3, 10, 1_000]) {
      const all = await hand([poison], () => odd, undefined, { evidence, attempt })
      assert.deepEqual([all.rejected, all.pushes, all.marks.pauses], [[], 2, [60_000]], 'it is the configuration')
    }
    // What was taken before is nothing of this batch.
    const broken = (numbers: number[], pushes: number): Verdict =>
      pushes > 4 ? { is: 'failed', why: '503', wait: undefined } : numbers.includes(0) ? taken : odd
    const late = await hand(entriesOf(9).slice(1), broken, undefined, { evidence })
    assert.deepEqual([late.pushes, late.thrown, late.retried], [5, 'Error: 503', []])
    const busy = await hand([poison], (_, pushes) => (pushes === 1 ? odd : { is: 'failed', why: '429', wait: 7_000 }), undefined, {
      evidence,
    })
    assert.deepEqual([busy.rejected, busy.marks.pauses, busy.thrown], [[], [7_000], 'Error: 429'])
  })

  test('a batch of one, and nothing to compare it with: put aside after three attempts, and no second one until something is taken', async () => {
    const evidence: Evidence = {}
    const alone = (n: number, attempt: number, answer: Verdict = odd) =>
      hand(entriesOf(9).slice(n, n + 1), () => answer, undefined, { evidence, attempt })
    assert.deepEqual((await hand(2, () => odd, undefined, { evidence, attempt: 3 })).rejected, [], 'of several none is to blame')
    for (const attempt of [1, 2]) assert.match((await alone(0, attempt)).thrown ?? '', /parse error/)
    const first = await alone(0, 3)
    assert.deepEqual(
      [...first.marks.rejected.values()],
      ['parse error. It may be the configuration: no other event was taken that would prove the contrary'],
    )
    for (const attempt of [1, 3, 100]) assert.deepEqual((await alone(1, attempt)).rejected, [])
    await alone(2, 1, taken)
    // What was taken is too old to be taken again.
    const answers = (numbers: number[]) => (numbers.includes(2) ? refused : odd)
    const later = await hand(entriesOf(9).slice(3, 4), answers, undefined, { evidence, attempt: 3 })
    assert.deepEqual(later.rejected, [3])
    assert.deepEqual((await alone(4, 3)).rejected, [])
  })

  test('a failure before anything is taken throws, and says how long to wait', async () => {
    const { thrown, marks, retried } = await hand(5, () => ({ is: 'failed', why: '429', wait: 7_000 }))
    assert.deepEqual([thrown, marks.pauses, retried], ['Error: 429', [7_000], []])
  })

  test('a failure after a part was taken: only the rest comes again', async () => {
    const answer = (_: number[], pushes: number): Verdict => (pushes <= 2 ? taken : { is: 'failed', why: '503', wait: undefined })
    const { thrown, failure, retried, stored } = await hand(50, answer, 5_000)
    assert.deepEqual([thrown, failure], [undefined, '503'])
    assert.ok(stored.size > 0 && retried.length > 0)
    assert.deepEqual(
      [...stored, ...retried],
      Array.from({ length: 50 }, (_, n) => n),
    )
  })
})

test('pushes are as large as allowed; what is larger by itself goes alone', () => {
  const entries = entriesOf(10).map((entry, n) => ({ ...entry, size: n === 4 ? 1_000 : 100 }))
  assert.deepEqual(
    bySize(entries, 250).map(part => part.map(numberOf)),
    [[0, 1], [2, 3], [4], [5, 6], [7, 8], [9]],
  )
  assert.deepEqual(bySize([], 250), [])
})
