import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { printable, printableJson, printableLines } from './printable.ts'

test('what a terminal would obey is shown instead', () => {
  assert.equal(printable('a\u001b[31mred\u009b2J\r\nnext\tz\u202ex'), 'a\\u001b[31mred\\u009b2J\\r\\nnext\\tz\\u202ex')
  assert.equal(printable('Ärger mit 容器 👍'), 'Ärger mit 容器 👍')
})

test('lines stay lines', () => assert.equal(printableLines('one\r\ntwo\u0007\nthree'), 'one\ntwo\\u0007\nthree'))

test('whatever comes in, no control character comes out', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), text => !/\p{Cc}/u.test(printable(text))))
})

test('JSON says the same afterwards, and keeps its lines', () => {
  const said = { text: 'a\u001b[2J\u009b2J\r\n\u007f\u202ex' }
  const shown = printableJson(JSON.stringify(said, null, 2))
  assert.deepEqual(JSON.parse(shown), said)
  assert.match(shown, /^\{\n {2}"text": "[ -~]+"\n\}$/)
})
