import assert from 'node:assert/strict'
import { test } from 'node:test'
import { namesOf } from './names.ts'

test('a plugin, its package and its folder', () => {
  const names = {
    pager: ['pager', 'kec-plugin-pager', 'pager'],
    'my-sink': ['my-sink', 'kec-plugin-my-sink', 'my-sink'],
    'kec-plugin-pager': ['pager', 'kec-plugin-pager', 'kec-plugin-pager'],
    '@acme/kec-plugin-pager': ['pager', '@acme/kec-plugin-pager', 'kec-plugin-pager'],
    '@acme/pager.v2': ['pager.v2', '@acme/pager.v2', 'pager.v2'],
    '@acme/log': ['log', '@acme/log', 'log'],
    ['a'.repeat(63)]: ['a'.repeat(63), `kec-plugin-${'a'.repeat(63)}`, 'a'.repeat(63)],
  }
  for (const [given, expected] of Object.entries(names)) assert.deepEqual(Object.values(namesOf(given)), expected)
})

test('what npm or kec would not take, or what could lead elsewhere, is refused', () => {
  const wrong = [
    '',
    'Pager',
    'my sink',
    '.hidden',
    '_x',
    '..',
    '../x',
    'a/b',
    '@acme',
    '@acme/',
    '@/x',
    '@acme/../x',
    '@acme/a/b',
    'kec-plugin-',
  ]
  const more = ['@acme/kec-plugin-', 'ü', 'a\n', '-x', 'a'.repeat(64), '@acme/A', `@${'a'.repeat(210)}/x`]
  for (const given of [...wrong, ...more])
    assert.throws(() => namesOf(given), { code: 'KEC_USAGE', message: / is no name for a plugin: / }, JSON.stringify(given))
  for (const given of ['node_modules', '@acme/node_modules', 'favicon.ico'])
    assert.throws(() => namesOf(given), { code: 'KEC_USAGE', message: / is a name that npm refuses\.$/, fix: /^Take one such as pager/ })
  for (const given of ['log', 'kec-plugin-metrics', 'api'])
    assert.throws(() => namesOf(given), { message: / is the name of one of kec's own plugins/ })
})
