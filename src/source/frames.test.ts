import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Failure } from './failure.ts'
import { type Frame, FrameReader } from './frames.ts'

const frame = fc.record({
  type: fc.constantFrom('ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR'),
  object: fc.record({
    metadata: fc.record({ uid: fc.uuid(), name: fc.string({ unit: 'grapheme' }) }),
    note: fc.string({ maxLength: 2000 }),
  }),
})

test('frames come out whole wherever the bytes are cut', () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 20 }), fc.array(fc.nat(5000), { maxLength: 40 }), (sent, cuts) => {
      const bytes = Buffer.from(sent.map(one => `${JSON.stringify(one)}\n`).join(''))
      const reader = new FrameReader()
      const got: Frame[] = []
      const at = [...new Set([0, ...cuts.map(cut => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b)
      for (let i = 1; i < at.length; i++) reader.push(bytes.subarray(at[i - 1], at[i]), one => got.push(one))
      assert.deepEqual(
        got.map(({ type, object }) => ({ type, object })),
        JSON.parse(JSON.stringify(sent)),
      )
      assert.deepEqual(
        got.map(one => JSON.parse(Buffer.from(one.bytes).toString())),
        JSON.parse(JSON.stringify(sent)),
      )
      assert.equal(reader.isCut, false)
    }),
  )
})

for (const [what, line] of [
  ['half a line', '{"type":"ADDED","obj'],
  ['no JSON', '<html>'],
  ['an unknown type', '{"type":"EXPLODED","object":{}}'],
  ['no object', '{"type":"ADDED"}'],
  ['null', 'null'],
]) {
  test(`${what} is garbage, and what stood before it is not lost`, () => {
    const got: Frame[] = []
    const reader = new FrameReader()
    assert.throws(
      () => reader.push(Buffer.from(`{"type":"ADDED","object":{"note":"whole"}}\n${line}\n`), one => got.push(one)),
      (error: unknown) => error instanceof Failure && error.reason === 'garbage',
    )
    assert.equal(got.length, 1)
  })
}

test('a line without end is garbage before it fills the memory', () => {
  const reader = new FrameReader()
  const megabyte = Buffer.alloc(1024 * 1024, 'x')
  const push = () => reader.push(megabyte, () => assert.fail('a frame'))
  for (let i = 0; i < 16; i++) push()
  assert.throws(push, (error: unknown) => error instanceof Failure && error.reason === 'garbage')
})
