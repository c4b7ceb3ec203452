import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { codes } from '../src/errors.ts'
import { pages } from './docs.ts'

const root = join(import.meta.dirname, '..')

test('the pages that follow from the code are what the code says; if not: npm run docs', () => {
  assert.ok(Object.keys(pages).length > 0)
  for (const [path, text] of Object.entries(pages)) assert.equal(readFileSync(join(root, path), 'utf8'), text)
})

test('docs/errors.md names every code, and no other', () => {
  const named = readFileSync(join(root, 'docs/errors.md'), 'utf8').matchAll(/^\| `(KEC_\w+)`/gm)
  assert.deepEqual([...named].map(match => match[1]).sort(), Object.keys(codes).sort())
})
