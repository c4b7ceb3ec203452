// docs/plugins.md as its reader would follow it: packed packages, an empty home, far from the repository.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { pack } from '../../tools/packing/pack.ts'
import { snippets, sources, write } from '../guide.ts'
import { install, newcomer, noRegistry } from './harness/npm.ts'
import { temporaryFolder } from './harness/process.ts'
import { Registry } from './harness/registry.ts'

test('a package of its own: made, tested, made into the pager of the page, tested again', {
  skip: noRegistry(),
  timeout: 300_000,
}, async t => {
  const folder = temporaryFolder()
  const [site, home] = [join(folder, 'site'), join(folder, 'home')]
  for (const path of [site, home]) mkdirSync(path)
  const tarballs = pack(join(folder, 'tarballs')).map(({ tarball }) => tarball)
  await using registry = await Registry.start(tarballs)
  writeFileSync(join(home, '.npmrc'), `@kec:registry=${registry.url}\n`)
  const PATH = [dirname(process.execPath), join(site, 'node_modules/.bin'), process.env.PATH].join(delimiter)
  const shell = async (cwd: string, commands: string) =>
    (await promisify(execFile)('sh', ['-ec', commands], { cwd, env: { ...newcomer(home), PATH }, maxBuffer: 1e8 })).stdout
  await install(site, home, ...tarballs.filter(file => /\/kec-\d/.test(file)))

  const block = (begin: string) =>
    snippets.find(({ language, code }) => language === 'sh' && code.startsWith(begin))?.code ?? assert.fail(begin)
  const began = performance.now()
  assert.match(await shell(site, block('kec plugin create')), /^ℹ fail 0$/m)
  t.diagnostic(`from nothing to green: ${((performance.now() - began) / 1000).toFixed(1)} s`)
  write(join(site, 'pager'), 'last', ...sources)
  write(site, 'last', 'kec.config.ts')
  const tests = sources.filter(file => file.endsWith('.test.ts')).length
  assert.match(await shell(join(site, 'pager'), block('npm test')), new RegExp(`^ℹ pass ${tests}\nℹ fail 0$`, 'm'))
  await shell(join(site, 'pager'), `npm run build && ${block('npm publish').trim()} --dry-run`)
  assert.match(await shell(site, 'PAGER_TOKEN=a-token kec plugin list'), /^pager\n {2}plugin {4}pager 0\.1\.0\n/)
})
