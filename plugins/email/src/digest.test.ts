import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeEvent } from '@kec/plugin-api'
import fc from 'fast-check'
import type { z } from 'zod'
import { Composer } from './compose.ts'
import { digestOf, idOf, rowsOf } from './digest.ts'
import { event, pod } from './fixture.ts'
import { options } from './options.ts'

function compose(events: readonly KubeEvent[], given: Partial<z.input<typeof options>> = {}, replay = false, cluster = 'prod') {
  const all = options.parse({ host: 'localhost', from: 'kec@example.org', to: 'one@example.org', timeZone: 'UTC', ...given })
  return new Composer(all, 'email', cluster).letter(events, replay)
}

const at = (minute: number) => `2026-11-24T14:${String(minute).padStart(2, '0')}:00Z`
const backOff = (name: string, occurrences: number, minute: number) =>
  event({ regarding: pod(name), occurrences, time: at(minute), message: `message of ${minute}` })
const unschedulable = (name: string, occurrences: number) =>
  event({ reason: 'FailedScheduling', regarding: pod(name), occurrences, time: at(5) })

test('repeats are one row: their sum, the first and the last time, the newest message', () => {
  const [row, ...more] = rowsOf([backOff('web-1', 3, 2), backOff('web-1', 4, 9), backOff('web-1', 2, 7)])
  assert.deepEqual(more, [])
  assert.equal(row?.count, 9)
  assert.equal(row?.message, 'message of 9')
  assert.deepEqual([row?.first, row?.last], [new Date(at(2)), new Date(at(9))])
})

test('what differs in namespace, object or reason has rows of its own; warnings first, then what happened most', () => {
  const rows = rowsOf([
    event({ type: 'Normal', reason: 'Pulled', occurrences: 50 }),
    backOff('web-1', 1, 2),
    event({ regarding: pod('web-1', 'other'), namespace: 'other', occurrences: 2 }),
    unschedulable('web-1', 5),
    event({ regarding: { ...pod('web-1'), fieldPath: 'spec.containers{a}' }, occurrences: 3 }),
    event({ regarding: { ...pod('web-1'), kind: 'Job' }, occurrences: 4 }),
  ])
  assert.deepEqual(
    rows.map(({ reason, object, count }) => `${count} ${reason} ${object}`),
    [
      '5 FailedScheduling Pod shop/web-1',
      '4 BackOff Job shop/web-1',
      '3 BackOff Pod shop/web-1 spec.containers{a}',
      '2 BackOff Pod other/web-1',
      '1 BackOff Pod shop/web-1',
      '50 Pulled Pod shop/web-1',
    ],
  )
})

test('the subject says the worst and the most', () => {
  const some = [backOff('web-1', 9, 1), unschedulable('web-2', 5)]
  assert.equal(compose(some).subject, '[prod] 14 Warning events: BackOff (9), FailedScheduling (5)')
  assert.equal(compose(some, { language: 'zh' }).subject, '[prod] 14 个 Warning 事件：BackOff (9)、FailedScheduling (5)')
  const normal = event({ type: 'Normal', reason: 'Pulled', occurrences: 30 })
  const others = ['Killing', 'Unhealthy'].map(reason => event({ reason }))
  assert.equal(
    compose([normal, ...some, ...others]).subject,
    '[prod] 16 Warning, 30 Normal events: BackOff (9), FailedScheduling (5), Killing (1), …',
  )
  assert.equal(compose([normal]).subject, '[prod] 30 Normal events: Pulled (30)')
  assert.equal(compose([event()], {}, true).subject, '[prod] replay: 1 Warning event: BackOff (1)')
})

test('beyond the rows of a mail the rest is summed up by reason, and it says how to see all', () => {
  const events = [backOff('big', 9, 1), ...Array.from({ length: 40 }, (_, i) => unschedulable(`web-${i}`, 2)), event({ reason: 'Failed' })]
  const { text, html } = compose(events, { maxRows: 2 })
  for (const shown of [text, html]) {
    assert.match(shown, /And 79 more, by reason/)
    assert.match(shown, /kec tail --since 24h/)
  }
  assert.match(text, /^ {2}78× FailedScheduling\n {2}1× Failed$/m)
})

test('many reasons in the rest: twenty are named', () => {
  const events = Array.from({ length: 100 }, (_, i) => event({ reason: `Reason${i}`, regarding: pod(`p-${i}`) }))
  const { text } = compose(events, { maxRows: 1 })
  assert.equal(text.match(/^ {2}1× Reason/gm)?.length, 20)
  assert.match(text, /^ {2}79× 79 other reasons$/m)
})

test('nothing of an event becomes markup, a header, a line or a command', () => {
  const hostile = '</td><script>alert(1)</script>"\r\nBcc: evil@example.org\n\u202e\u001b[31m\u200b$(reboot)'
  const regarding = { ...pod(hostile, `of ${hostile}`), kind: hostile, fieldPath: hostile }
  const source = { component: hostile, host: hostile }
  const bad = event({ reason: hostile, message: hostile, type: hostile, namespace: hostile, regarding, source })
  const { subject, html, text } = compose([bad, event({ reason: `also ${hostile}` })], { maxRows: 1 }, false, hostile)
  assert.doesNotMatch(html, /<script|[^\P{Cc}\n]|\p{Cf}/u)
  assert.doesNotMatch(html.replace(/"[^"<>]*"/g, ''), /[^>]"/, 'a quote ends no attribute')
  assert.equal(html.match(/&lt;script&gt;/g)?.length, 11)
  assert.doesNotMatch(subject, /[\p{Cc}\p{Cf}]/u)
  assert.doesNotMatch(text, /^\s*Bcc|[^\P{Cc}\n]|\p{Cf}/mu)
  assert.match(text, /\\u\{202e\}\\u\{1b\}/)
  assert.match(text, /kec runs: kec tail --since 24h$/m)
  assert.match(html, /<code [^>]*>kec tail --since 24h<\/code>/)
})

test('a phone shows it as wide as it is, in its colours by night', () => {
  const { html } = compose([event()])
  assert.match(html, /<meta name="viewport" content="width=device-width,initial-scale=1">/)
  assert.match(html, /@media \(prefers-color-scheme:dark\)/)
  assert.doesNotMatch(html, /[^-]width[=:]"?\d+(px|")/, 'nothing has a fixed width')
})

test('whatever comes, a mail is under 100 KB, its subject short, its sums right', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('"'.repeat(5_000), '\u202e'.repeat(5_000), '警'.repeat(9_999), ''),
  )
  const any = fc.record({
    type: fc.constantFrom('Normal', 'Warning', ''),
    reason: text,
    message: text,
    time: fc.oneof(text, fc.constant(at(3))),
    namespace: text,
    occurrences: fc.integer({ min: 1, max: 1_000_000 }),
    name: text,
  })
  fc.assert(
    fc.property(fc.array(any, { minLength: 1, maxLength: 300 }), fc.integer({ min: 1, max: 200 }), (many, maxRows) => {
      const events = many.map(({ name, ...own }, i) => event({ ...own, regarding: pod(`${name}${i}`, own.namespace) }))
      const { html, subject } = compose(events, { maxRows })
      assert.ok(Buffer.byteLength(html) < 100_000, `${Buffer.byteLength(html)} bytes`)
      assert.ok(subject.length <= 2_000 && !/[\r\n]/.test(subject))
      const { warnings, normals, rows, rest } = digestOf(rowsOf(events), maxRows, { id: '', cluster: 'c', replay: false })
      const sum = [...rows, ...rest].reduce((total, { count }) => total + count, 0)
      assert.equal(
        sum,
        many.reduce((total, { occurrences }) => total + occurrences, 0),
      )
      assert.equal(warnings + normals, sum)
    }),
    { numRuns: 30 },
  )
})

test('two hundred rows that escaping makes long are still under 100 KB', () => {
  const events = Array.from({ length: 200 }, (_, i) => event({ regarding: pod(`web-${i}`), message: '"'.repeat(300) }))
  const { html } = compose(events, { maxRows: 200 })
  assert.ok(Buffer.byteLength(html) < 100_000, `${Buffer.byteLength(html)} bytes`)
  assert.match(html, /And \d+ more, by reason/)
})

test('half a character is shown as one that is not known', () => {
  const { subject, html, text } = compose([event({ reason: 'a\ud800', message: '\udc00b', regarding: pod('\ud800') })])
  for (const shown of [subject, html, text]) assert.ok(shown.isWellFormed())
})

test('long names and messages are cut, and no character in two', () => {
  const { text } = compose([event({ message: `${'x'.repeat(298)}😀${'y'.repeat(1_000_000)}`, regarding: pod('n'.repeat(500)) })])
  assert.match(text, / x{298}…$/m)
  assert.ok(text.length < 1_500)
})

test('the id is of the first and the last event: the same for the same mail, another once more has come', () => {
  const events = [event(), event(), event()]
  assert.equal(idOf('email', events), idOf('email', [...events]))
  assert.notEqual(idOf('email', events), idOf('email', [...events, event()]))
  assert.notEqual(idOf('email', events), idOf('email', events.slice(1)))
  assert.notEqual(idOf('email', events), idOf('other', events))
})

test('an own template says what it likes; the rest stays as it is, and its subject is one line', () => {
  const { subject, html, text } = compose([backOff('web-1', 3, 1)], {
    template: ({ warnings, rows }) => ({ subject: `${warnings}\r\nBcc: evil@example.org`, text: rows.map(({ object }) => object).join() }),
  })
  assert.equal(subject, '3 Bcc: evil@example.org')
  assert.equal(text, 'Pod shop/web-1')
  assert.match(html, /^<!doctype html>/)
})

test('times are those of the time zone that was asked for, the day once', () => {
  const events = [backOff('web-1', 1, 1), backOff('web-1', 1, 9)]
  assert.match(compose(events, { timeZone: 'Asia/Shanghai' }).text, /11-24 22:01:00 – 22:09:00 \(Asia\/Shanghai\)/)
})
