import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { folderWith } from '../../test/folder.ts'
import { createPlugin } from './create.ts'
import { namesOf } from './names.ts'

const files = ['.gitignore', 'README.md', 'package.json', 'src/index.test.ts', 'src/index.ts', 'tsconfig.json']
const read = (...path: string[]) => readFileSync(join(...path), 'utf8')

test('a package of its names, and no trace of the template', t => {
  const folder = join(folderWith(t, {}), 'deep/pager')
  assert.deepEqual(createPlugin(namesOf('@acme/kec-plugin-pager'), folder), files)
  assert.deepEqual(readdirSync(folder, { recursive: true }).toSorted(), [...files, 'src'].toSorted())
  assert.equal(JSON.parse(read(folder, 'package.json')).name, '@acme/kec-plugin-pager')
  assert.match(read(folder, 'src/index.ts'), /name: 'pager',[\s\S]*tapPromise\('pager', /)
  assert.match(read(folder, 'README.md'), /from '@acme\/kec-plugin-pager'/)
  for (const file of files) assert.doesNotMatch(read(folder, file), /my-sink/)
})

test('a folder that is there: if it is empty, it is taken; else nothing is written', t => {
  const root = folderWith(t, { 'full/mine.txt': 'mine', file: 'a file' })
  mkdirSync(join(root, 'empty'))
  createPlugin(namesOf('pager'), join(root, 'empty'))
  assert.ok(read(root, 'empty/package.json'))
  const full = join(root, 'full')
  assert.throws(() => createPlugin(namesOf('pager'), full), {
    code: 'KEC_PLUGIN_FOLDER',
    message: `The folder ${full} is not empty (mine.txt); nothing was written.`,
  })
  assert.deepEqual(readdirSync(full), ['mine.txt'])
  for (const place of ['file', 'file/below'])
    assert.throws(() => createPlugin(namesOf('pager'), join(root, place)), { code: 'KEC_PLUGIN_FOLDER', message: /cannot be written to/ })
  assert.equal(read(root, 'file'), 'a file')
  writeFileSync(join(root, 'full/.hidden'), '')
  assert.throws(() => createPlugin(namesOf('pager'), full), /is not empty/)
})

test('what the template needs is what kec is made with', () => {
  const root = join(import.meta.dirname, '../..')
  const made = JSON.parse(read(import.meta.dirname, 'template/_package.json'))
  const { version, engines, dependencies, devDependencies } = JSON.parse(read(root, 'package.json'))
  const { zod } = dependencies
  const { typescript, '@types/node': types } = devDependencies
  assert.deepEqual(made.engines, engines)
  assert.deepEqual(made.dependencies, { zod: `^${zod}` })
  assert.deepEqual(made.peerDependencies, { '@kec/plugin-api': `^${version}` })
  assert.deepEqual(made.devDependencies, { '@kec/plugin-api': `^${version}`, '@types/node': `^${types}`, typescript: `^${typescript}` })
})
