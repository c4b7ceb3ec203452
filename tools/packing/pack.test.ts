import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { folderWith } from '../../test/folder.ts'
import { npmPack } from './npm-pack.ts'
import { pack } from './pack.ts'
import { packages } from './packages.ts'

test('npm users get what is compiled, its declarations, README and licence, and a package.json that says so', t => {
  const packed = pack(folderWith(t, {}))
  assert.deepEqual(
    packed.map(({ name }) => name).sort(),
    packages()
      .map(({ manifest }) => manifest.name)
      .sort(),
  )
  assert.ok(packed.some(({ name }) => name === 'kec') && packed.length > 5)
  for (const { name, files, tarball } of packed) {
    for (const file of ['README.md', 'LICENSE', 'package.json', 'dist/index.js', 'dist/index.d.ts'])
      assert.ok(files.includes(file), `${name}: ${file}`)
    const own = files.filter(file => !file.includes('/template/'))
    assert.deepEqual(
      own.filter(file => /^src\/|\.test\.|\bfixture\b|(?<!\.d)\.ts$/.test(file)),
      [],
      name,
    )
    const manifest = JSON.parse(execFileSync('tar', ['xzOf', tarball, 'package/package.json'], { encoding: 'utf8' }))
    assert.deepEqual(manifest.exports['.'], { types: './dist/index.d.ts', default: './dist/index.js' })
    assert.deepEqual(
      ['private', 'scripts', 'devDependencies', 'workspaces'].filter(field => field in manifest),
      [],
    )
    assert.equal(typeof manifest.description, 'string', `${name} has no description`)
    for (const range of Object.values(manifest.dependencies ?? {})) assert.match(String(range), /^\^?\d/, `${name} depends on ${range}`)
  }
  assert.ok(packed.find(({ name }) => name === 'kec')?.files.includes('dist/demo/webhook.js'))
})

test('what npm leaves out is told', t => {
  const fields = JSON.stringify({ name: 'incomplete', version: '1.0.0', files: ['dist'] })
  const folder = folderWith(t, { 'package.json': fields, 'dist/index.js': '', 'dist/template/.gitignore': 'node_modules/\n' })
  assert.throws(() => npmPack([folder], folderWith(t, {})), /incomplete: npm leaves out dist\/template\/\.gitignore; /)
  assert.doesNotThrow(() => npmPack([folderWith(t, { 'package.json': fields, 'dist/.x/.y': '' })], folderWith(t, {})))
})
