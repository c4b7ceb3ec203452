import assert from 'node:assert/strict'
import { test } from 'node:test'
import { namesInProtobuf } from './protobuf.ts'

const field = (number: number, content: Buffer | string): Buffer => {
  const bytes = Buffer.from(content)
  const length = bytes.length < 128 ? [bytes.length] : [(bytes.length & 0x7f) | 0x80, bytes.length >> 7]
  return Buffer.concat([Buffer.from([number * 8 + 2, ...length]), bytes])
}
const pair = (number: number, key: string, value: string): Buffer => field(number, Buffer.concat([field(1, key), field(2, value)]))

const long = 'x'.repeat(300)
const metadata = [
  field(1, 'shop'),
  field(2, 'shop-'),
  pair(11, 'a', 'b'),
  pair(11, 'c', ''),
  pair(12, 'note', long),
  Buffer.from([7 * 8, 0x80, 1]),
]
const type = field(1, Buffer.concat([field(1, 'v1'), field(2, 'Namespace')]))
const whole = Buffer.concat([Buffer.from('k8s\0'), type, field(2, field(1, Buffer.concat(metadata)))])

test('names, labels and annotations', () => {
  assert.deepEqual(namesInProtobuf(whole), {
    ...{ apiVersion: 'v1', kind: 'Namespace' },
    metadata: { name: 'shop', generateName: 'shop-', labels: { a: 'b', c: '' }, annotations: { note: long } },
  })
})

test('what kubectl create namespace sends', () => {
  const bytes = '6b3873000a0f0a02763112094e616d65737061636512 1b0a130a03666f6f12001a0022002a00320038004200120 01a020a001a002200'.replaceAll(
    ' ',
    '',
  )
  assert.deepEqual(namesInProtobuf(Buffer.from(bytes, 'hex')), {
    ...{ apiVersion: 'v1', kind: 'Namespace' },
    metadata: { name: 'foo', generateName: '', labels: {}, annotations: {} },
  })
})

test('cut anywhere, or something else: none, and no error', () => {
  for (let length = 0; length < whole.length; length++) assert.doesNotThrow(() => namesInProtobuf(whole.subarray(0, length)))
  assert.equal(namesInProtobuf(whole.subarray(0, whole.length - 1)), undefined)
  assert.equal(namesInProtobuf(Buffer.from('{}')), undefined)
  assert.equal(namesInProtobuf(Buffer.from('k8s\0\x0b\x0c')), undefined)
})
