import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compileGlob } from './glob.ts'

const cases: [pattern: string, yes: string[], no: string[]][] = [
  ['Pulled', ['Pulled'], ['pulled', 'Pulle', 'Pulled ', '']],
  ['', [''], ['a']],
  ['*', ['', 'anything\nat all'], []],
  ['kube-*', ['kube-', 'kube-system'], ['kube', 'my-kube-system']],
  ['*-system', ['kube-system', '-system'], ['kube-systems']],
  ['Back?ff', ['Backoff', 'Back-ff', 'Back?ff'], ['Backff', 'Backooff']],
  ['?', ['a', '?'], ['', 'ab']],
  ['a*b*c', ['abc', 'a-b-b-c', 'abcbc'], ['acb', 'ab', 'ac']],
  ['ab*ba', ['abba', 'ab-ba'], ['aba']],
  ['*?b*', ['ab', 'xxbx', 'bb'], ['b', 'ba']],
  ['a.c', ['a.c'], ['abc']],
  ['[a-z]+$', ['[a-z]+$'], ['abc']],
]

for (const [pattern, yes, no] of cases) {
  test(`pattern ${JSON.stringify(pattern)}`, () => {
    const matches = compileGlob(pattern)
    assert.deepEqual(yes.filter(matches), yes)
    assert.deepEqual(no.filter(matches), [])
  })
}

test('agrees with a regular expression on any pattern and text', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 12 })
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?'), maxLength: 8 })
  fc.assert(
    fc.property(pattern, text, (glob, value) => {
      const model = new RegExp(`^${glob.replaceAll('.', '\\.').replaceAll('?', '.').replaceAll('*', '.*')}$`, 's')
      assert.equal(compileGlob(glob)(value), model.test(value))
    }),
    { numRuns: 5000 },
  )
})

test('many stars on a long hostile text come to an end', () => {
  // Backtracking would take more steps here than there are atoms: that this returns at all is the proof.
  assert.equal(compileGlob(`${'*a'.repeat(30)}*b`)('a'.repeat(100_000)), false)
  assert.equal(compileGlob(`${'*a?'.repeat(30)}*b`)('a'.repeat(100_000)), false)
})
