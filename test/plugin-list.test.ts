// `kec plugin list`, in folders with a configuration.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { ListedPlugin } from '../src/operate/plugin-list.ts'
import { folderWith } from './folder.ts'
import { run } from './kec.ts'
import { listen } from './listen.ts'

/** Where a line breaks depends on how long the path of the checkout is. */
const oneLine = (text: string) => text.replace(/\s+/g, ' ')
const bad = (name: string) => join(import.meta.dirname, `bad-plugins/${name}.ts`)

async function listed(t: TestContext, folder: string): Promise<readonly ListedPlugin[]> {
  const { code, stdout, stderr } = await run(t, folder, 'plugin', 'list', '-o', 'json')
  assert.equal(code, 0, stderr)
  return JSON.parse(stdout).plugins
}

const plugin = (name: string, setup: string, more = '') => `
  import { definePlugin } from '@kec/plugin-api'
  export default definePlugin({ name: '${name}', apiVersion: 1, ${more} async setup(kec) { ${setup} } })`

test('name, plugin, version, origin, taps, delivery with who set it, match: on 80 columns', async t => {
  const config = {
    plugins: [
      {
        use: './sink',
        name: 'mine',
        delivery: { maxBatch: 7 },
        match: [{ kind: ['Pod', 'Node'], namespace: 'web-*' }, { reason: 'Fail*' }],
      },
      './filter.ts',
      'metrics',
      './nothing.ts',
    ],
  }
  const folder = folderWith(t, {
    'kec.config.json': JSON.stringify(config),
    'package.json': JSON.stringify({ name: 'my-configuration', version: '7.7.7' }),
    'sink/package.json': JSON.stringify({ name: 'kec-plugin-sink', version: '1.2.3', exports: './index.ts' }),
    'sink/index.ts': plugin(
      'sink',
      `kec.hooks.onShutdown.tap('x', () => {}); kec.hooks.onEvent.tap('x', () => {})`,
      'delivery: { maxBatch: 3, timeout: 5_000, maxAttempts: 20 },',
    ),
    'filter.ts': plugin('filter', `kec.hooks.onFilter.tap('x', () => {})`),
    'nothing.ts': plugin('nothing', ''),
  })
  const { code, stdout, stderr } = await run(t, folder, 'plugin', 'list')
  assert.equal(code, 0, stderr)
  assert.equal(stderr, '')
  assert.equal(
    stdout,
    `mine
  plugin    sink 1.2.3
  from      ./sink
  taps      onEvent, onShutdown
  delivery  maxBatch 7 (entry), linger 0 ms (default),
            timeout 5,000 ms (plugin), maxAttempts 20 (plugin)
  match     kind "Pod" or "Node", namespace "web-*"; or reason "Fail*"

filter
  plugin    filter
  from      ./filter.ts
  taps      onFilter

metrics
  plugin    metrics 0.1.0
  from      @kec/plugin-metrics
  taps      onEvent
  delivery  maxBatch 500 (default), linger 0 ms (default),
            timeout 30,000 ms (default), maxAttempts without end (default)
  match     all events

nothing
  plugin    nothing
  from      ./nothing.ts
  taps      nothing: it will never be called
`,
  )
  const [mine] = await listed(t, folder)
  assert.deepEqual(mine, {
    name: 'mine',
    plugin: 'sink',
    from: './sink',
    file: join(folder, 'sink/index.ts'),
    version: '1.2.3',
    taps: ['onEvent', 'onShutdown'],
    tapsKnown: true,
    delivery: {
      maxBatch: { value: 7, setBy: 'entry' },
      linger: { value: 0, setBy: 'default' },
      timeout: { value: 5_000, setBy: 'plugin' },
      maxAttempts: { value: 20, setBy: 'plugin' },
    },
    match: [{ kind: ['Pod', 'Node'], namespace: 'web-*' }, { reason: 'Fail*' }],
  })
})

test('what a configuration in TypeScript imports is known by where it comes from', async t => {
  const folder = folderWith(t, {
    'kec.config.ts': `
      import { definePlugin } from '@kec/plugin-api'
      import log from '@kec/plugin-log'
      import sinks from './sinks/index.ts'
      const own = definePlugin({ name: 'own', apiVersion: 1, setup() {} })
      export default { plugins: [log(), sinks(), own()] }`,
    'sinks/index.ts': plugin('local', ''),
  })
  assert.deepEqual(
    (await listed(t, folder)).map(({ name, from, version }) => [name, from, version]),
    [
      ['log', '@kec/plugin-log', '0.1.0'],
      ['local', './sinks/index.ts', undefined],
      ['own', undefined, undefined],
    ],
  )
})

test('nothing is written, nobody is connected to, no program is run, nothing listens', async t => {
  let connections = 0
  const server = createServer(socket => {
    connections++
    socket.destroy()
  })
  const port = await listen(t, server)
  const sins = {
    writes: `(await import('node:fs')).writeFileSync('written', 'x')`,
    hides: `try { (await import('node:fs')).writeFileSync('written', 'x') } catch (cause) { throw new Error('no file', { cause }) }`,
    connects: `await new Promise((resolve, reject) => require('node:net').connect(${port}, '127.0.0.1', resolve).on('error', reject))`,
    fetches: `await fetch('http://127.0.0.1:${port}/')`,
    listens: `require('node:net').createServer().listen(0)`,
    sends: `require('node:dgram').createSocket('udp4').send('x', 9, '127.0.0.1')`,
    spawns: `require('node:child_process').execFileSync; require('node:child_process').spawn('touch', ['written'])`,
    'spawns-at-once': `execFileSync('touch', ['written'])`,
    'spawns-by-a-shell': `require('node:child_process').execSync('touch written')`,
    'works-aside': `new Worker('require("node:fs").writeFileSync("written", "")', { eval: true })`,
    'connects-aside': `await new Promise(end => new Worker('require("node:net").connect(${port}, "127.0.0.1")', { eval: true }).on('exit', end))`,
    waits: `await new Promise(() => {})`,
  }
  const needs = `import { execFileSync } from 'node:child_process'; import { Worker } from 'node:worker_threads';
    import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`
  const files = Object.entries(sins).map(([name, sin]) => [
    `${name}.ts`,
    `${needs} ${plugin(name, `kec.hooks.onEvent.tap('x', () => {}); ${sin}; kec.hooks.onShutdown.tap('x', () => {})`)}`,
  ])
  const log = { use: 'log', options: { file: 'logs/events.log' } }
  const elasticsearch = { use: 'elasticsearch', options: { node: `http://127.0.0.1:${port}` } }
  const plugins = [...Object.keys(sins).map(name => `./${name}.ts`), log, elasticsearch]
  const folder = folderWith(t, {
    ...Object.fromEntries(files),
    'kec.config.json': JSON.stringify({ plugins }),
    'one.json': '{ "plugins": ["./writes.ts"] }',
  })
  const before = readdirSync(folder)
  assert.deepEqual(
    (await listed(t, folder)).map(({ name, taps, tapsKnown }) => [name, taps, tapsKnown]),
    [
      ...Object.keys(sins).map(name => [name, ['onEvent'], false]),
      ['log', ['onEvent', 'onShutdown'], false],
      ['elasticsearch', ['onEvent', 'onShutdown'], true],
    ],
  )
  assert.equal(connections, 0)
  assert.ok(!existsSync(join(folder, 'written')))
  assert.deepEqual(
    readdirSync(folder).filter(name => name !== 'cache'), // of kec's own code, compiled
    before,
  )
  assert.match(
    (await run(t, folder, 'plugin', 'list', '--config', 'one.json')).stdout,
    /\n {2}taps {6}onEvent, maybe more: its setup was cut short\n/,
  )
})

test('on a Node that can, not even by a function that was taken out of its module before', async t => {
  const able = spawnSync(process.execPath, ['--permission', '-p', 'typeof process.permission.drop']).stdout.toString() === 'function\n'
  if (!able) return t.skip('this Node cannot drop a permission')
  const kept = plugin(
    'kept',
    `kec.hooks.onEvent.tap('x', () => {}); spawnSync('touch', ['written']); kec.hooks.onShutdown.tap('x', () => {})`,
  )
  const folder = folderWith(t, {
    'kept.ts': `import { createRequire } from 'node:module'
      const { spawnSync } = createRequire(import.meta.url)('node:child_process')
      ${kept}`,
    'kec.config.json': '{ "plugins": ["./kept.ts"] }',
  })
  assert.deepEqual(
    (await listed(t, folder)).map(({ taps, tapsKnown }) => [taps, tapsKnown]),
    [[['onEvent'], false]],
  )
  assert.ok(!existsSync(join(folder, 'written')))
})

test('a configuration may connect and run programs as it is loaded, as for kec start', async t => {
  const server = createServer(socket => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nown'))
  const port = await listen(t, server)
  const folder = folderWith(t, {
    'kec.config.ts': `
      import { execFileSync } from 'node:child_process'
      const name = await (await fetch('http://127.0.0.1:${port}/')).text()
      const pod = execFileSync('echo', ['Pod'], { encoding: 'utf8' }).trim()
      export default { plugins: [{ use: 'metrics', name, match: { kind: pod } }] }`,
  })
  assert.deepEqual(
    (await listed(t, folder)).map(({ name, match }) => [name, match]),
    [['own', { kind: 'Pod' }]],
  )
})

test('mistakes are told as by kec start, with exit code 2: of the configuration, and of a setup', async t => {
  const one = folderWith(t, { 'kec.config.json': JSON.stringify({ plugins: ['log', bad('old-api')] }) })
  const list = await run(t, one, 'plugin', 'list')
  assert.deepEqual(list, await run(t, one, 'start'))
  assert.equal(list.code, 2)
  assert.match(oneLine(list.stderr), /^error KEC_CONFIG: .*is for plugin API 0/)
  const setup = folderWith(t, { 'kec.config.json': JSON.stringify({ plugins: [bad('throws-in-setup'), bad('no-function')] }) })
  const { code, stdout, stderr } = await run(t, setup, 'plugin', 'list')
  assert.deepEqual([code, stdout], [2, ''])
  assert.match(oneLine(stderr), /throws-in-setup refuses to start: the folder \/nowhere.*no-function refuses to start: /)
})

test('without a configuration: the defaults, and that it is so', async t => {
  const { code, stdout } = await run(t, folderWith(t, {}), 'plugin', 'list')
  assert.equal(code, 0)
  assert.match(stdout, /^There is no kec\.config\.\* here: kec runs with its defaults, the plugins log and\nmetrics\.\n\nlog\n {2}plugin/)
})
