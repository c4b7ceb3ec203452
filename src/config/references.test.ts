import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { definePlugin, ENTRY } from '@kec/plugin-api'
import { z } from 'zod'
import { folderWith } from '../../test/folder.ts'
import { resolveReferences } from './references.ts'

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: references are what is tested.

test('references are replaced in any string, also several in one', t => {
  const folder = folderWith(t, { 'token.txt': 'secret\n\n', 'crlf.txt': 'secret\r\n' })
  const config = {
    url: 'https://${env:HOST}:${env:PORT}/',
    list: [{ token: '${file:token.txt}' }, '${file:crlf.txt}'],
    absolute: `\${file:${join(folder, 'crlf.txt')}}`,
    plain: '$HOME ${HOME} {env:HOST}',
    n: 1,
  }
  const { value, resolved, problems } = resolveReferences(config, folder, { HOST: 'es', PORT: '9200' })
  assert.deepEqual(value, {
    url: 'https://es:9200/',
    list: [{ token: 'secret\n' }, 'secret'],
    absolute: 'secret',
    plain: '$HOME ${HOME} {env:HOST}',
    n: 1,
  })
  assert.deepEqual(problems, [])
  assert.deepEqual(
    resolved.map(({ value }) => value),
    ['es', '9200', 'secret\n', 'secret', 'secret'],
  )
  assert.equal(config.url, 'https://${env:HOST}:${env:PORT}/', 'what the user wrote stays as it is')
})

test('what a reference gives is not read again', () => {
  assert.equal(resolveReferences('${env:A}', '/', { A: '${env:B}', B: 'no' }).value, '${env:B}')
})

test('a missing one names its place, and what was probably meant', t => {
  const folder = folderWith(t, {})
  const config = {
    plugins: [{ options: { key: '${env:ES_API_KYE}', ca: '${file:ca.pem}', dir: '${file:.}', open: '${env:X', none: '${file:}' } }],
  }
  const { problems } = resolveReferences(config, folder, { ES_API_KEY: 'k' })
  assert.deepEqual(
    problems.map(({ path, what, fix }) => [path.join('.'), what, fix]),
    [
      ['plugins.0.options.key', 'the environment variable ES_API_KYE is not set', 'Set it. Did you mean ES_API_KEY?'],
      ['plugins.0.options.ca', `the file ${join(folder, 'ca.pem')} does not exist`, 'Create the file, or correct the path.'],
      ['plugins.0.options.dir', `the file ${folder} is a folder`, 'Create the file, or correct the path.'],
      ['plugins.0.options.open', 'the reference ${env:X is not complete', 'Write ${env:NAME} or ${file:/path}.'],
      ['plugins.0.options.none', 'the reference ${file:} is not complete', 'Write ${env:NAME} or ${file:/path}.'],
    ],
  )
})

test('the options of a factory are walked, its plugin and instances of classes are not', () => {
  const plugin = definePlugin({ name: 'p', apiVersion: 1, options: z.strictObject({ key: z.string(), at: z.date() }), setup() {} })
  const at = new Date()
  const entry = plugin({ key: '${env:K}', at })
  const { value } = resolveReferences([entry], '/', { K: 'v' })
  assert.ok(Array.isArray(value))
  assert.deepEqual(value[0].options, { key: 'v', at })
  assert.equal(value[0].options.at, at)
  assert.equal(value[0].plugin, entry.plugin)
  assert.equal(value[0][ENTRY], true)
})

test('an object that holds itself, and a key __proto__, do no harm', () => {
  const loop: Record<string, unknown> = JSON.parse('{ "__proto__": { "polluted": "${env:K}" } }')
  loop.self = loop
  const { value } = resolveReferences(loop, '/', { K: 'v' })
  assert.deepEqual(Object.keys(value as object), ['__proto__', 'self'])
  assert.equal('polluted' in {}, false)
  assert.equal((value as { self: unknown }).self, value)
})

// biome-ignore-end lint/suspicious/noTemplateCurlyInString: references are what is tested.
