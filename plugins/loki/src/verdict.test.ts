import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { words } from './fixture.ts'
import { judge } from './verdict.ts'

const answer = (status: number, text = '', headers: Record<string, string> = {}) =>
  judge({ status, text, headers }, 'Loki at http://loki:3100')

describe('an answer', () => {
  test('taken: 204, or a 200 that is no web page', () => {
    assert.deepEqual([answer(204).is, answer(200).is, answer(200, '{}').is], ['taken', 'taken', 'taken'])
    const page = answer(200, '<html>Sign in</html>', { 'content-type': 'text/html; charset=utf-8' })
    assert.ok(page.is === 'failed' && /a web page, not Loki: mend `url`/.test(page.why))
    for (const status of [201, 202, 260, 302]) assert.equal(answer(status).is, 'failed', String(status))
  })

  test('refused for good, in Loki’s words for entries', () => {
    for (const [name, text] of Object.entries(words)) {
      const verdict = answer(400, text)
      assert.ok(verdict.is === 'refused', name)
      assert.equal(verdict.words !== undefined, name !== 'disallowed', name)
      assert.ok(text.includes(verdict.words ?? ''))
    }
  })

  test('refused with the time from which on entries are taken: for all streams, or for this one', () => {
    const times = Object.values(words).map(text => {
      const verdict = answer(400, text)
      return verdict.is === 'refused' && verdict.oldest !== undefined ? [verdict.oldest, verdict.isForAll] : []
    })
    const [old, behind] = ['2026-01-24T10:00:00Z', '2026-01-31T09:00:00Z'].map(time => BigInt(Date.parse(time)) * 1_000_000n)
    assert.deepEqual(times, [[old, true], [], [behind, false], [], [], [], []])
    const both = answer(400, words.old + words.behind)
    assert.ok(both.is === 'refused' && both.oldest === old && !both.isForAll)
  })

  test('refused in other words: what stands before Loki, or a later Loki, may say so', () => {
    for (const status of [400, 422])
      assert.deepEqual(answer(status, 'parse error'), {
        is: 'refused',
        why: `Loki at http://loki:3100 answers ${status}: parse error`,
        words: undefined,
        oldest: undefined,
        isForAll: false,
      })
  })

  test('too large: by the gateway, or by gRPC between Loki’s parts', () => {
    const grpc = 'rpc error: code = ResourceExhausted desc = grpc: received message larger than max (5000000 vs. 4194304)'
    assert.deepEqual(
      [answer(413).is, answer(500, grpc).is, answer(400, 'request body too large').is],
      ['too large', 'too large', 'too large'],
    )
    assert.equal(answer(429, grpc).is, 'failed')
  })

  test('again, and not before Loki says: seconds or a date', () => {
    const wait = (header?: string) => {
      const verdict = answer(429, 'Ingestion rate limit exceeded', header === undefined ? {} : { 'retry-after': header })
      assert.ok(verdict.is === 'failed')
      return verdict.wait
    }
    assert.deepEqual([wait('7'), wait('99999'), wait(), wait('0'), wait('soon'), wait('-3')], [7_000, 600_000, ...Array(4).fill(undefined)])
    const date = wait(new Date(Date.now() + 60_000).toUTCString()) ?? 0
    assert.ok(date > 0 && date <= 60_000)
    assert.deepEqual(answer(503), { is: 'failed', why: 'Loki at http://loki:3100 answers 503', wait: undefined })
  })

  test('what only a person can mend says how, and leaves Loki alone for a minute', () => {
    const remedies: [number, RegExp][] = [
      [401, /Give `basic` or `bearer`, or `tenant`/],
      [403, /may not push/],
      [404, /mend `url`/],
      [260, /block this tenant/],
      [418, /what stands before Loki/],
    ]
    for (const [status, remedy] of remedies) {
      const verdict = answer(status, 'no org id')
      assert.ok(verdict.is === 'failed' && verdict.wait === 60_000, String(status))
      assert.match(verdict.why, remedy)
      assert.match(verdict.why, new RegExp(`^Loki at http://loki:3100 answers ${status}: no org id`))
    }
    const moved = answer(301, '', { location: 'https://loki/' })
    assert.ok(moved.is === 'failed' && moved.why.includes('It points to https://loki/: give that as `url`'))
  })

  test('is shown on one line, harmless and not long', () => {
    const verdict = answer(500, `a\n\u001b[2J\u202e${'x'.repeat(10_000)}`)
    assert.ok(verdict.is === 'failed' && /^Loki at \S+ answers 500: a \[2J x+…$/.test(verdict.why) && verdict.why.length < 500)
  })
})
