import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import type { Io } from '../io.ts'
import { showFor } from './show.ts'

const enter = '\u001b[?1049h'
const leave = '\u001b[?1049l'

/** What is written to a terminal, or to a pipe, while a little is shown. */
function shown(terminal: object, env: Io['env'] = {}): string {
  const stdout = Object.assign(new PassThrough({ encoding: 'utf8' }), terminal)
  const show = showFor({ env, stdin: process.stdin, stdout, stderr: process.stderr })
  show.act('Something \u001b[2J happens.')
  show.happened({
    event_level: 'Warning',
    reason: 'BackOff',
    kind: 'Pod',
    name: 'web',
    occurrences: 1,
    count: 3,
    uid: 'u',
    resource_version: '1',
  })
  show.said('webhook: answered 503')
  show.figures(new Map([['BackOff', 1]]), [
    { name: 'log', state: 'idle', journaled: 1, delivered: 1, skipped: 0, dead: 0, discarded: 0, expired: 0, pending: 0 },
  ])
  show.tick(6)
  show.end()
  show.end()
  return stdout.read()
}

const terminal = { isTTY: true, columns: 70, rows: 20 }

test('on a terminal: one screen, left behind once', () => {
  const text = shown(terminal)
  assert.ok(text.startsWith(enter) && text.endsWith(leave))
  assert.equal(text.split(leave).length, 2)
  assert.ok(text.split('\n').length < terminal.rows)
  assert.match(text, /Something \\u001b\[2J happens\./)
  assert.ok(text.includes('\u001b[31m'))
})

test('without colours if NO_COLOR is set', () => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
  assert.doesNotMatch(shown(terminal, { NO_COLOR: '1' }), /\u001b\[\d*m/)
})

test('in a pipe, and on a terminal that can do nothing: plain lines', () => {
  for (const text of [shown({}), shown(terminal, { TERM: 'dumb' })]) {
    assert.deepEqual(text.replaceAll(/^\d\d:\d\d:\d\d {2}/gm, '').split('\n'), [
      'demo: Something \\u001b[2J happens.',
      'Warning BackOff, Pod web, 3 times so far',
      'kec: webhook: answered 503',
      'sinks: log got 1, 0 behind',
      '',
    ])
  }
})
