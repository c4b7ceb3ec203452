import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseBytes } from './bytes.ts'

test('bytes: plain, and with a unit', () => {
  const texts = { '1024': 1024, '64KiB': 65_536, '500MiB': 524_288_000, '1GiB': 2 ** 30, '1Gi': 2 ** 30, '2TiB': 2 ** 41 }
  for (const [text, bytes] of Object.entries(texts)) assert.equal(parseBytes(text), bytes, text)
})

test('what is no number of bytes', () => {
  for (const text of ['', 'GiB', '1.5GiB', '-1', '1GB', '1 GiB', '1gib', '1e9', '1Ki1Mi', '9'.repeat(16)])
    assert.equal(parseBytes(text), undefined, text)
})
