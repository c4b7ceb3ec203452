import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Scene } from './scene.ts'
import { frame } from './screen.ts'

const plain = (_style: string, text: string) => text
const happening = (reason: string, name: string, occurrences = 1) =>
  ({ event_level: 'Warning', reason, kind: 'Pod', name, occurrences, count: occurrences, uid: 'u', resource_version: '1' }) as const
const sink = (name: string, delivered: number, pending: number, state = 'idle') =>
  ({ name, state, journaled: delivered + pending, delivered, skipped: 0, dead: 0, discarded: 0, expired: 0, pending }) as const

test('a frame says what happens, how often, and who is behind', () => {
  const scene = new Scene()
  scene.begin('The receiver is down.')
  scene.happen(happening('BackOff', 'web-1'))
  scene.happen(happening('Failed', 'web-2'))
  scene.happen(happening('BackOff', 'web-1', 3))
  scene.figures(
    new Map([
      ['Failed', 1],
      ['BackOff', 4],
    ]),
    [sink('log', 5, 0), sink('webhook', 2, 3, 'waiting')],
  )
  scene.say('webhook: answered 503')
  const lines = frame(scene, 7, { columns: 80, rows: 24 }, plain).map(line => line.trimEnd().replaceAll(/ {2,}/g, '  '))
  const text = lines.join('\n')
  assert.match(text, /^kec demo {2}7 s; Ctrl-C ends it\nThe receiver is down\.\n/)
  assert.match(
    text,
    /Warning {2}Failed {2}Pod web-2 {2}1\nWarning {2}BackOff {2}Pod web-1 {2}4\n/,
    'the newest last, its occurrences summed up',
  )
  assert.match(text, /BackOff {2}4 {2}log {2}5 {2}0\nFailed {2}1 {2}webhook, failing {2}2 {2}3/, 'the most frequent first')
  assert.match(text, /kec says\nwebhook: answered 503$/)
})

test('more reasons than there is room for are summed up', () => {
  const scene = new Scene()
  scene.figures(new Map(Array.from({ length: 9 }, (_, i) => [`Reason${i}`, 10 - i])), [])
  const lines = frame(scene, 1, { columns: 80, rows: 24 }, plain)
  assert.ok(
    lines.some(line => /^4 more +14 /.test(line)),
    lines.join('\n'),
  )
})

test('a frame is never larger than the terminal, and nothing in it moves the cursor', () => {
  const text = fc.string({ unit: 'binary-ascii', maxLength: 120 })
  const size = fc.record({ columns: fc.integer({ min: 40, max: 200 }), rows: fc.integer({ min: 5, max: 60 }) })
  const happenings = fc.array(fc.tuple(text, text, fc.nat(9_999_999)), { maxLength: 30 })
  const reasons = fc.array(fc.tuple(text, fc.nat(800_000)), { maxLength: 12 })
  fc.assert(
    fc.property(size, happenings, reasons, text, text, (size, happened, counts, act, said) => {
      const scene = new Scene()
      scene.begin(act)
      scene.say(said)
      for (const [reason, name, times] of happened) scene.happen(happening(reason, name, times))
      scene.figures(new Map(counts), [sink('log', 1, 0), sink('webhook', 1, 2, 'waiting')])
      const lines = frame(scene, 9, size, plain)
      assert.ok(lines.length < size.rows)
      for (const line of lines) {
        assert.ok(line.length <= size.columns, `${line.length} columns: ${line}`)
        assert.match(line, /^[\x20-\x7e…]*$/)
      }
    }),
  )
})
