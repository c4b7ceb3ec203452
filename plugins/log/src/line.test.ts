import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { kubeEvent } from '../../../test/kube-event.ts'
import { fields, formatBatch } from './line.ts'

const event = kubeEvent()

describe('a line', () => {
  test('has the fields, in their order', () => {
    assert.equal(
      formatBatch([event], undefined).toString(),
      '{"timestamp":"2026-01-31T10:00:00Z","level":"warn","message":"Back-off restarting","name":"web","reason":"BackOff","host":"node-2",' +
        '"kind":"Pod","event_level":"Warning","count":3,"namespace":"shop","id":"c/u/7","uid":"u","resource_version":"7","change":"updated",' +
        '"occurrences":2,"historical":false,"cluster":"prod"}\n',
    )
    assert.deepEqual(Object.keys(JSON.parse(formatBatch([event], undefined).toString())), [...fields])
  })

  test('has only the fields that were chosen', () => {
    assert.equal(formatBatch([event, event], ['reason', 'count']).toString(), '{"reason":"BackOff","count":3}\n'.repeat(2))
  })

  test('is one line, and harmless on a terminal, whatever the event says', () => {
    const hostile = 'a\nb\r\u001b[2J\u009b2J\u007f\u2028\u2029\u202e\u2066\u0000"\\<script>__proto__ 值班'
    const bytes = formatBatch([{ ...event, message: hostile, reason: hostile }], undefined)
    const text = bytes.toString()
    assert.equal(text.split('\n').length, 2)
    assert.doesNotMatch(text.trimEnd(), /[\p{Cc}\u2028-\u202e\u2066-\u2069]/u)
    assert.equal(JSON.parse(text).message, hostile)
  })

  test('holds no character that a terminal or an editor obeys, each of them alone', () => {
    const codes = [0x7f, 0x80, 0x9b, 0x9f, 0x2028, 0x2029, 0x202a, 0x202e, 0x2066, 0x2069]
    for (const character of codes.map(code => String.fromCharCode(code))) {
      const text = formatBatch([{ ...event, message: character }], undefined).toString()
      assert.ok(!text.includes(character), JSON.stringify(character))
      assert.equal(JSON.parse(text).message, character)
    }
  })

  test('keeps every other character as it is', () => {
    const text = 'é “quoted” … ‰ 日本 😀 עברית'
    assert.ok(formatBatch([{ ...event, message: text }], undefined).includes(text))
  })
})
