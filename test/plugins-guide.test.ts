// docs/plugins.md: each of its snippets is compiled and run, as it stands there.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { PluginEntry } from '@kec/plugin-api'
import { startTestHost, testEvent } from '@kec/plugin-api/testing'
import { folderWith } from './folder.ts'
import { snippets, snippetsIn, sources, write } from './guide.ts'
import { Command, run } from './kec.ts'
import { listen } from './listen.ts'
import { waitFor } from './wait-for.ts'

const root = join(import.meta.dirname, '..')

const commands = snippets.flatMap(({ language, code }) => (language === 'sh' ? code.trim().split('\n') : []))
/** After the word kec. */
const wordsOf = (begin: string) => (commands.find(command => command.startsWith(begin)) ?? assert.fail(begin)).split(' ').slice(1)

const folder = mkdtempSync(join(tmpdir(), 'kec-guide-'))
const pager = join(folder, 'pager')
after(() => rmSync(folder, { recursive: true }))

/** The page's package, as `kec plugin create` and the page's sources make it; npm's part is done by a link. */
before(() => {
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'bin/kec.js'), ...wordsOf('kec plugin create')], {
    cwd: folder,
    encoding: 'utf8',
  })
  assert.equal(status, 0, stderr)
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  write(pager, 'last', ...sources)
  write(folder, 'last', 'kec.config.ts')
})

const pluginOf = async (file: string): Promise<(...options: unknown[]) => PluginEntry> => (await import(join(pager, file))).default

test('every snippet has a test below', () => {
  const files = ['my-sink.ts', 'kec.config.ts', 'src/index.ts', 'src/index.test.ts', 'src/tally.ts', 'src/quiet.ts', 'src/lines.ts']
  assert.deepEqual(
    new Set(snippets.map(({ language, file }) => `${language} ${file}`.trim())),
    new Set([...files, 'src/conformance.test.ts'].map(file => `ts ${file}`).concat('sh')),
  )
  assert.equal(snippets.filter(({ file }) => file === 'kec.config.ts').length, 2)
  // npm's commands are run in test/real, where there may be a registry.
  const ours = [/^kec sandbox /, /^kec start /, /^kec plugin create /, /^cd pager$/, /^npm (install|test|publish)$/]
  assert.deepEqual(
    commands.filter(command => !ours.some(pattern => pattern.test(command))),
    [],
  )
})

test('the Chinese page has the very same snippets', () => {
  assert.deepEqual(snippetsIn('plugins.zh.md'), snippets)
})

/** The errors of tsc, and the files that it looked at. */
function compile(...args: readonly string[]): string {
  return spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...args], { cwd: folder, encoding: 'utf8' }).stdout
}

test('the package compiles, by its own tsconfig.json', () => {
  const listed = compile('-p', pager, '--listFilesOnly')
  for (const file of sources) assert.ok(listed.includes(`/pager/${file}\n`), file)
  assert.equal(compile('-p', pager, '--noEmit'), '')
})

const strict =
  '--module nodenext --target es2024 --types node --strict --skipLibCheck --noEmit --allowImportingTsExtensions --ignoreConfig'.split(' ')

test('the configuration beside it compiles, by the tsconfig.json of the page; what it may not say does not', () => {
  for (const page of ['plugins.md', 'plugins.zh.md']) {
    const [, tsconfig] = /`(\{ "compilerOptions": .+ \})`/.exec(readFileSync(join(root, 'docs', page), 'utf8')) ?? assert.fail(page)
    writeFileSync(join(folder, 'tsconfig.json'), tsconfig ?? '')
    assert.equal(compile('-p', folder, '--types', 'node'), '') // kec's sources need them; its declarations do not
  }
  const code = readFileSync(join(folder, 'kec.config.ts'), 'utf8')
  writeFileSync(join(folder, 'wrong.config.ts'), code.replace('url: ', 'ulr: '))
  assert.match(compile(...strict, 'wrong.config.ts'), /'ulr' does not exist/)
})

test('the two files of the first minute compile', () => {
  const minute = join(folder, 'minute')
  mkdirSync(minute)
  write(minute, 'first', 'my-sink.ts', 'kec.config.ts')
  assert.equal(compile(...strict, join(minute, 'my-sink.ts'), join(minute, 'kec.config.ts')), '')
})

for (const file of sources.filter(file => file.endsWith('.test.ts')))
  test(`${file} passes`, { timeout: 120_000 }, () => {
    const { NODE_TEST_CONTEXT: _, ...env } = process.env // else it would report to this test
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--test', file], { cwd: pager, env, encoding: 'utf8' })
    assert.equal(status, 0, stdout + stderr)
    assert.match(stdout, /pass 1\b/)
  })

test('in one minute: an empty folder, two files, two commands, and the sink says what happens', { timeout: 120_000 }, async t => {
  const empty = folderWith(t, {})
  write(empty, 'first', 'my-sink.ts', 'kec.config.ts')
  // Another kec may have the usual port.
  writeFileSync(
    join(empty, 'other-port.config.ts'),
    "import config from './kec.config.ts'\nexport default { ...config, server: { port: 0 } }\n",
  )
  new Command(t, empty, wordsOf('kec sandbox '))
  await waitFor('the kubeconfig', () => existsSync(join(empty, 'sandbox.kubeconfig')))
  const kec = new Command(t, empty, [...wordsOf('kec start '), '--config', 'other-port.config.ts'])
  const parts = ['"plugin":"my-sink"', '"reason":"Pulling"', '"kind":"Pod"']
  await kec.until(() => kec.stderr.split('\n').some(line => parts.every(part => line.includes(part))))
  kec.signal('SIGTERM')
  assert.equal(await kec.end(), 0)
})

test('kec takes the configuration with the pager', { timeout: 60_000 }, async t => {
  const { code, stderr } = await run(t, folder, 'start')
  assert.equal(code, 2)
  assert.match(stderr, /PAGER_TOKEN/)
  assert.doesNotMatch(stderr, /match|delivery|url/, 'the missing variable is all that is wrong')
})

test('the pager that says nothing is given up when the time is over', { timeout: 60_000 }, async t => {
  const server = createServer(request => request.resume())
  const port = await listen(t, server)
  const sink = await pluginOf('src/index.ts')
  await using kec = await startTestHost(sink({ url: `http://127.0.0.1:${port}/`, token: 'secret' }), { patience: 500 })
  kec.feed(testEvent())
  await kec.advance(10_000)
  assert.match(kec.handovers[0]?.error?.message ?? '', /no answer within 10000 ms/)
})

test('tally counts occurrences once: no history, no replays, over restarts', async () => {
  const tally = await pluginOf('src/tally.ts')
  await using kec = await startTestHost(tally())
  const parts = { namespace: 'shop', occurrences: 2 }
  const events = [testEvent(parts), testEvent(parts), testEvent({ ...parts, historical: true }), testEvent({ ...parts, type: 'Normal' })]
  kec.feed(...events)
  await kec.settled()
  kec.replay(...events)
  await kec.restart()
  await kec.settled()
  const samples = (await kec.metrics()).filter(({ name }) => name === 'tally_warnings_total')
  assert.deepEqual(
    samples.map(({ labels, value }) => [labels, value]),
    [[{ sink: 'tally', namespace: 'shop' }, 4]],
  )
})

test('quiet drops the reasons that it was given', async () => {
  const quiet = await pluginOf('src/quiet.ts')
  await using kec = await startTestHost(quiet({ reasons: ['Pulled'] }))
  assert.deepEqual([kec.filter(testEvent({ reason: 'Pulled' })), kec.filter(testEvent({ reason: 'BackOff' }))], [false, true])
  await assert.rejects(startTestHost(quiet({ reasons: [] })), /reasons/)
})

/** Where the system says so: Linux. */
function openFiles(): string[] {
  const place = '/proc/self/fd'
  if (!existsSync(place)) return []
  return readdirSync(place).flatMap(fd => (existsSync(join(place, fd)) ? readlinkSync(join(place, fd)) : []))
}

test('lines writes what it gets, closes its file, and says what to do when it cannot', async t => {
  const lines = await pluginOf('src/lines.ts')
  const file = join(folderWith(t, {}), 'events.ndjson')
  const kec = await startTestHost(lines({ file }))
  const event = testEvent()
  kec.feed(event)
  await kec.settled()
  const isOpen = () => openFiles().includes(file)
  assert.equal(isOpen(), existsSync('/proc/self/fd'))
  await kec.stop()
  assert.equal(isOpen(), false)
  assert.equal(readFileSync(file, 'utf8'), `${JSON.stringify(event)}\n`)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  await assert.rejects(startTestHost(lines({ file: join(file, 'none') })), { message: /ENOTDIR/, fix: /Give a file/ })
})
