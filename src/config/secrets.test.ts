import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMask } from './secrets.ts'

test('values are masked wherever they stand, the longest first', () => {
  const mask = createMask(['hunter22', 'hunter22-and-more'])
  assert.equal(mask('a hunter22 b hunter22-and-more c'), 'a *** b *** c')
})

test('empty and short values never become patterns', () => {
  const mask = createMask(['', '   ', 'a', 'abc', ' abc\n'])
  assert.equal(mask('abc a b  c'), 'abc a b  c')
  assert.equal(createMask(['abcd'])('abcd'), '***')
})

test('as JSON and as part of a URL they are masked too', () => {
  const secret = 'p@ss "word"/1'
  const mask = createMask([secret])
  assert.equal(mask(JSON.stringify({ secret })), '{"secret":"***"}')
  assert.equal(mask(`https://u:${encodeURIComponent(secret)}@es:9200`), 'https://u:***@es:9200')
})

test('in a login as it is sent, whatever the name before it, they are masked too', () => {
  for (const secret of ['hunter22', 'hunter-22', 'pässwörter', 'abcd']) {
    const mask = createMask([secret])
    for (const before of ['', 'k:', 'ke:', 'kec:', '\0kec\0']) {
      const shown = mask(Buffer.from(before + secret).toString('base64'))
      assert.match(shown, /^[^*]{0,7}\*\*\*.?={0,2}$/) // a character that it shares with its neighbours stays
    }
  }
})

test('a value may be as large as a file of CAs', () => {
  const bundle = 'MIIFazCCA1OgAwIBAgIRAIIQz7DSQONZRGPgu2OCiwAwDQYJ\n'.repeat(8_000)
  assert.equal(createMask([bundle, 'hunter22'])(`a hunter22 ${bundle} b`), 'a *** ***\n b')
})

test('a value is text, not a pattern', () => {
  const mask = createMask(['a.*+?^$()|[]{}\\b', '....'])
  assert.equal(mask('a.*+?^$()|[]{}\\b'), '***')
  assert.equal(mask('abcdefgh'), 'abcdefgh')
})
