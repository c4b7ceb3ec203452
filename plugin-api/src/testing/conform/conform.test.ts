// What it finds is tested with test/bad-plugins of the project; here: how it is called, and how it tells.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { definePlugin } from '../../index.ts'
import { ConformanceError, conform } from '../index.ts'

const pager = definePlugin({ name: 'pager', apiVersion: 1, options: z.strictObject({ url: z.url(), n: z.int().default(1) }), setup() {} })
const plain = definePlugin({ name: 'plain', apiVersion: 1, setup() {} })

/** Never called: tsc fails when a mistake compiles. */
export const calls = [
  () => conform(plain),
  () => conform(pager, { options: { url: 'https://example.org' }, wrongOptions: [{}, 7] }),
  () =>
    conform(pager, {
      options: async () => ({ options: { url: 'https://example.org', n: 2 }, received: () => new Set(['id']), close() {} }),
    }),
  // @ts-expect-error: an option has another type
  () => conform(pager, { options: { url: 1 } }),
  // @ts-expect-error: an option that the schema does not know
  () => conform(pager, { options: { url: 'https://example.org', more: 1 } }),
  // @ts-expect-error: a function gives a system, not the options
  () => conform(pager, { options: () => ({ url: 'https://example.org' }) }),
  // @ts-expect-error: an entry is no plugin
  () => conform(pager({ url: 'https://example.org' })),
]

test('the error has all findings, as data and in words', async () => {
  await assert.rejects(conform(plain), error => {
    assert.ok(error instanceof ConformanceError)
    const [finding, ...more] = error.findings
    assert.deepEqual(more, [])
    assert.equal(finding?.seen, 'it taps neither onEvent nor onFilter: it is never called')
    assert.equal(error.message, `plain does not keep to what kec asks of a plugin:\n  - ${finding.seen}\n    To mend it: ${finding.mend}`)
    return true
  })
})

test('a system is made for each check, and closed after it', async () => {
  let open = 0
  let made = 0
  const sink = definePlugin({
    name: 'sink',
    apiVersion: 1,
    options: z.strictObject({}),
    setup: kec => kec.hooks.onEvent.tap('sink', () => {}),
  })
  const begin = () => {
    open++
    made++
    return { options: {}, close: () => void open-- }
  }
  await conform(sink, { options: begin })
  assert.equal(open, 0)
  assert.ok(made > 5)
})
