import assert from 'node:assert/strict'
import { test } from 'node:test'
import { distrust } from './silence.ts'

test('a watch that brings something is not asked about', async () => {
  const stop = new AbortController()
  let frames = 0
  const frameCount = () => {
    if (frames++ === 20) stop.abort()
    return frames
  }
  await assert.rejects(
    distrust(1, frameCount, () => assert.fail('asked'), stop.signal),
    { name: 'AbortError' },
  )
})

test('a silent watch is asked about until it is not to be trusted', async () => {
  const answers = [true, true, false]
  await distrust(
    1,
    () => 0,
    async () => answers.shift() ?? assert.fail('asked once more'),
    AbortSignal.timeout(20_000),
  )
  assert.deepEqual(answers, [])
})

test('a doubt is dropped when the watch speaks before the consequence', async () => {
  let frames = 0
  const answers = [false, false]
  const isTrusted = async () => {
    if (answers.length > 1) setImmediate(() => frames++)
    return answers.shift() ?? assert.fail('asked once more')
  }
  await distrust(20, () => frames, isTrusted, AbortSignal.timeout(20_000))
  assert.deepEqual(answers, [])
})
