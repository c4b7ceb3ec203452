import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { didYouMean, nearest } from './nearest.ts'

const words = ['start', 'generate', '--reason', '--message', 'namespaces']

test('a slip of the finger finds its word', () => {
  for (const [typed, meant] of [
    ['strat', 'start'],
    ['strt', 'start'],
    ['START', 'start'],
    ['gen', 'generate'],
    ['--reson', '--reason'],
    ['--massage', '--message'],
    ['namespace', 'namespaces'],
  ] as const)
    assert.equal(nearest(typed, words), meant)
})

test('what resembles nothing finds nothing', () => {
  for (const typed of ['', 'x', 'delete', '--verbose', 'a'.repeat(1_000_000)]) assert.equal(nearest(typed, words), undefined)
  assert.equal(didYouMean('delete', words), '')
})

test('any single edit of a longer word still finds it', () => {
  const word = fc.string({ unit: fc.constantFrom(...'abcdefgh'), minLength: 4, maxLength: 12 })
  fc.assert(
    fc.property(word, fc.nat(), fc.constantFrom('', 'z', 'swap'), (meant, n, edit) => {
      const at = n % (meant.length - 1)
      const typed =
        edit === 'swap'
          ? meant.slice(0, at) + meant[at + 1] + meant[at] + meant.slice(at + 2)
          : meant.slice(0, at) + edit + meant.slice(at + 1)
      assert.equal(nearest(typed, ['qqqqqqqqqqqqqqqqqqqq', meant]), meant)
    }),
  )
})
