import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { folderWith } from '../../test/folder.ts'
import { judge } from './judge.ts'
import { npmPack } from './npm-pack.ts'

const code = 'export const one = 1\n'
const types = 'export declare const one = 1;\n'

/** What is found in a package with these exports and files. */
async function findings(t: TestContext, exports: object, files: Readonly<Record<string, string>>): Promise<string> {
  const fields = { name: 'faulty', version: '1.0.0', license: 'MIT', type: 'module', engines: { node: '>=24' }, files: ['dist'], exports }
  const folder = folderWith(t, { 'package.json': JSON.stringify(fields), ...files })
  const found = await Promise.all(npmPack([folder], folderWith(t, {})).map(judge))
  return found.flat().join('\n')
}

const whole = { types: './dist/index.d.ts', default: './dist/index.js' }
const its = { 'dist/index.js': code, 'dist/index.d.ts': types }

test('nothing is found where nothing is wrong', async t => {
  assert.equal(await findings(t, { '.': whole }, its), '')
})

test('publint and arethetypeswrong are heard', async t => {
  assert.match(await findings(t, { '.': whole, './gone': './dist/gone.js' }, its), /^faulty: publint: .*dist\/gone\.js/m)
  assert.match(
    await findings(t, { '.': { ...whole, types: './dist/index.d.cts' } }, { ...its, 'dist/index.d.cts': types }),
    /^faulty: arethetypeswrong: .*FalseCJS/m,
  )
  const broken = `${types}export * from './gone.js';\n`
  assert.match(
    await findings(t, { '.': whole }, { ...its, 'dist/index.d.ts': broken }),
    /arethetypeswrong: .*InternalResolutionError.*gone\.js/,
  )
})

test('a package, or a part of one, that has no types is not passed over', async t => {
  assert.match(await findings(t, { '.': './dist/index.js' }, { 'dist/index.js': code }), /arethetypeswrong: it has no types/)
  assert.match(await findings(t, { '.': whole, './plain': './dist/plain.js' }, { ...its, 'dist/plain.js': code }), /\.\/plain has no types/)
})
