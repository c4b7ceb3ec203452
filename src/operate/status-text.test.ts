import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { balanced, sourceBook } from './books.ts'
import type { StatusReport } from './report.ts'
import { statusText } from './status-text.ts'

const plain = (_: string, text: string) => text
const now = new Date(2026, 10, 24, 12)
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000)

const sink = (name: string, lastError?: string) => ({
  ...{ name, state: 'waiting', replayed: { delivered: 0, rejected: 0 }, lastError, lastSuccess: ago(60) },
  ...balanced({ journaled: 12, skipped: 1, delivered: 4, dead: 2, discarded: 0, expired: 0, pending: 5 }),
})

const report: StatusReport = {
  kec: { version: '1.2.3', pid: 4711, started: ago(7_200) },
  cluster: { name: 'prod', uid: 'c-1', server: 'https://10.0.0.1:6443', origin: 'in-cluster' },
  journal: { file: '/var/lib/kec/journal.db', events: 1_200, oldest: 201, bytes: 3_000_000, maxBytes: 2 ** 30, hours: 30 },
  source: [
    { name: '*', listed: true, connected: false, failing: 'refused', lagSeconds: 0.25, liveEvents: 12_345, version: '777', seen: ago(90) },
  ],
  sinks: [{ ...sink('log'), lastError: undefined }, sink('es', 'it answered 503')],
  replays: [{ id: 1, consumer: 'es', next: 101, last: 1_100, asked: ago(10) }],
  received: sourceBook({ added: 1_300, journaled: 1_200, 'filtered:drop': 70, 'filtered:level': 29 }),
  gaps: { seconds: 61, newest: [{ stream: '*', from: ago(3_661), to: ago(3_600), cause: 'expired' }] },
}

test('the report on one screen', () => {
  assert.equal(
    statusText(report, now, plain),
    `kec      1.2.3 runs since 2026-11-24 10:00:00 (2 h), pid 4711
cluster  prod (c-1)
         https://10.0.0.1:6443, in-cluster
journal  /var/lib/kec/journal.db
         1,000 events of the 1,200 that it ever had, 2.9 MiB of 1.0 GiB; at
         today's rate that holds 30 h

SOURCE          STATE          LAG      LIVE  VERSION  HEARD
all namespaces  not connected  0.3 s  12,345      777  90 s ago
*: refused

SINK  STATE    DELIVERED  PENDING  DEAD
log   waiting          4        5     2
es    waiting          4        5     2
es: it answered 503 (last success 11:59:00)
es: replay of 11:59:50: 1,000 events still to look at

BOOKS
received: 1,300 = 1,200 journaled + 99 filtered (drop 70, level 29); UNBALANCED
log: 12 = 4 delivered + 1 skipped + 2 dead letters + 5 pending; balances
es: 12 = 4 delivered + 1 skipped + 2 dead letters + 5 pending; balances

GAPS: FROM           TO                   LENGTH  CAUSE    SOURCE
2026-11-24 10:58:59  2026-11-24 11:00:00  61 s    expired  all namespaces
In these times, 61 s in all, events may have come and gone unseen.
`,
  )
})

test('what sinks, plugins and API servers say stays on 80 columns, and moves no cursor', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constant('word '.repeat(60)),
    fc.constant('x'.repeat(200)),
    fc.constant('\u001b[2J\u202e'),
  )
  fc.assert(
    fc.property(text, text, text, (error, cause, origin) => {
      const hostile: StatusReport = {
        ...report,
        cluster: { name: 'prod', uid: 'c-1', server: 'https://10.0.0.1:6443', origin },
        source: [{ name: 'shop', listed: false, version: '', seen: ago(1), connected: false, failing: error }],
        sinks: [sink('a-name-of-sixty-three-characters-is-the-longest-that-there-can-be', error)],
        received: sourceBook({ added: 5, [`filtered:plugin:${cause}`]: 5 }),
      }
      for (const line of statusText(hostile, now, plain).split('\n')) {
        assert.ok(line.length <= 80, `${line.length}: ${line}`)
        // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be there.
        assert.doesNotMatch(line, /[\u0000-\u001f\u007f-\u009f\u202e\u2028]/)
      }
    }),
  )
})
