// From nothing to a tested sink, as its author would: packed packages, an empty home, far from the repository.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { delimiter, dirname, join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { startSandbox } from '../../src/sandbox/sandbox.ts'
import { pack } from '../../tools/packing/pack.ts'
import { Command } from '../kec.ts'
import { listen } from '../listen.ts'
import { fetchNode, install, newcomer, noRegistry } from './harness/npm.ts'
import { temporaryFolder } from './harness/process.ts'
import { Registry } from './harness/registry.ts'

const run = promisify(execFile)

test('kec plugin create, npm install, npm test, kec start', { skip: noRegistry(), timeout: 300_000 }, async t => {
  const folder = temporaryFolder()
  const site = join(folder, 'site')
  const home = join(folder, 'home')
  for (const path of [site, home]) mkdirSync(path)
  const tarballs = pack(join(folder, 'tarballs')).map(({ tarball }) => tarball)
  await using registry = await Registry.start(tarballs)
  // Only our scope is served here; all else comes from where it always comes from.
  writeFileSync(join(home, '.npmrc'), `@kec:registry=${registry.url}\n`)
  const PATH = [dirname(process.execPath), join(site, 'node_modules/.bin'), process.env.PATH].join(delimiter)
  const env = { ...newcomer(home), PATH }
  const npm = (cwd: string, ...args: string[]) => run('npm', args, { cwd, env, maxBuffer: 1e8 })
  const kec = (...words: string[]) => run('kec', words, { cwd: site, env })

  await install(site, home, ...tarballs.filter(file => /\/kec-\d/.test(file)))
  const began = performance.now()
  const { stdout } = await kec('plugin', 'create', 'my-sink')
  assert.match(stdout, /^Made the plugin my-sink, package kec-plugin-my-sink:\n/)
  const sink = join(site, 'my-sink')
  await npm(sink, 'install')
  const tested = await npm(sink, 'test')
  const green = (performance.now() - began) / 1_000
  t.diagnostic(`from nothing to green: ${green.toFixed(1)} s`)
  assert.match(tested.stdout, /^ℹ pass [4-9]$/m)
  assert.match(tested.stdout, /^ℹ fail 0$/m)
  const { engines } = JSON.parse(readFileSync(join(sink, 'package.json'), 'utf8'))
  const oldest = await fetchNode(`${engines.node.replace('>=', '')}.0`, join(folder, 'oldest'))
  const onOldest = await run('npm', ['test'], { cwd: sink, env: { ...env, PATH: [oldest, PATH].join(delimiter) } })
  assert.match(onOldest.stdout, /^ℹ fail 0$/m)

  // What its author would publish.
  const [{ files }] = JSON.parse((await npm(sink, 'pack', '--json', '--dry-run', '--ignore-scripts')).stdout)
  assert.deepEqual(files.map(({ path }: { path: string }) => path).sort(), [
    'README.md',
    'dist/index.d.ts',
    'dist/index.js',
    'package.json',
  ])

  const posted: { readonly reason: string }[] = []
  const server = createServer(async (request, response) => {
    posted.push(...JSON.parse(Buffer.concat(await request.toArray()).toString()))
    response.writeHead(204).end()
  })
  const options = { url: `http://127.0.0.1:${await listen(t, server)}/` }
  writeFileSync(
    join(site, 'kec.config.ts'),
    `import { defineConfig } from 'kec'
export default defineConfig({ server: { port: 0 }, plugins: [{ use: './my-sink', options: ${JSON.stringify(options)} }] })
`,
  )
  await using sandbox = await startSandbox()
  writeFileSync(join(site, 'sandbox.kubeconfig'), sandbox.kubeconfig)
  const started = new Command(t, site, ['start', '--kubeconfig', 'sandbox.kubeconfig'], { PATH }, [join(site, 'node_modules/.bin/kec')])
  await started.until(() => sandbox.watches.size === 1)
  sandbox.store.create({ metadata: { name: 'e' }, reason: 'BackOff' })
  await started.until(() => posted.length > 0)
  assert.deepEqual(
    posted.map(({ reason }) => reason),
    ['BackOff'],
  )
  const list = await kec('plugin', 'list')
  assert.match(list.stdout, /^my-sink\n {2}plugin {4}my-sink 0\.1\.0\n {2}from {6}\.\/my-sink\n {2}taps {6}onEvent\n/)
  started.signal('SIGTERM')
  assert.equal(await started.end(), 0, started.stderr)
})
