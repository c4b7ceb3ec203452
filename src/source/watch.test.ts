import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import type { ApiResponse } from '../cluster/cluster.ts'
import { readWatch } from './watch.ts'

const line = (n: number) => `{"type":"ADDED","object":{"metadata":{"name":"${n}"}}}\n`

/** Reads a body that a test writes; `groups` are the names as they were handed over. */
function reading(onFrames: () => void = () => undefined) {
  const body = new PassThrough()
  const groups: (string | undefined)[][] = []
  const end = readWatch(body as unknown as ApiResponse['body'], frames => {
    groups.push(frames.map(({ object }) => object.metadata?.name))
    onFrames()
  })
  return { body, groups, end }
}

test('what comes together is handed over together, and all of it before the end', async () => {
  const { body, groups, end } = reading()
  body.write(line(1) + line(2).slice(0, 10))
  body.write(line(2).slice(10) + line(3))
  body.end()
  await end
  assert.deepEqual(groups, [['1', '2', '3']])
  assert.ok(body.destroyed)
})

test('a busy watch hands over without waiting', async () => {
  const { body, groups, end } = reading()
  const many = 10_000
  body.write(Array.from({ length: many }, (_, i) => line(i)).join(''))
  body.write(line(many))
  body.end()
  await end
  assert.ok(groups.length > 1)
  assert.equal(groups.flat().length, many + 1)
})

test('a quiet watch hands over although it does not end', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const { body, groups, end } = reading(resolve)
  body.write(line(1))
  await promise
  assert.deepEqual(groups, [['1']])
  body.end()
  await end
})

test('whatever ends it badly, what was whole is handed over and the connection closed', async () => {
  const endings = [
    { how: (body: PassThrough) => body.end(line(2).slice(0, -5)), reason: 'connection', message: /middle of a line/ },
    { how: (body: PassThrough) => body.write('<html>\n'), reason: 'garbage', message: /not JSON: <html>/ },
    { how: (body: PassThrough) => body.destroy(new Error('reset')), reason: 'connection', message: /cut: reset/ },
    { how: (body: PassThrough) => body.destroy(), reason: 'connection', message: /closed/ },
  ]
  for (const { how, reason, message } of endings) {
    const { body, groups, end } = reading()
    body.once('data', () => setImmediate(() => how(body)))
    body.write(line(1))
    await assert.rejects(end, { reason, message })
    assert.deepEqual(groups, [['1']])
    assert.ok(body.destroyed)
  }
})

test('when what was read is not taken, nothing more is read', async () => {
  const { body, groups, end } = reading(() => {
    throw new Error('no space left')
  })
  body.write(line(1))
  await assert.rejects(end, /no space left/)
  assert.ok(body.destroyed)
  assert.deepEqual(groups, [['1']])
})
