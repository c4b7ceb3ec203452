// docs/plugins.md: each of its snippets is compiled and run, as it stands there.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { PluginEntry } from '@kec/plugin-api'
import { startTestHost, testEvent } from '@kec/plugin-api/testing'
import { folderWith } from './folder.ts'
import { Command, run } from './kec.ts'
import { waitFor } from './wait-for.ts'

const root = join(import.meta.dirname, '..')

interface Snippet {
  readonly language: string
  /** '' if it has none. */
  readonly file: string
  readonly code: string
}

function snippetsIn(page: string): Snippet[] {
  const fences = readFileSync(join(root, page), 'utf8').matchAll(/^```(\w+)(?: ([\w.-]+))?\n(.*?)^```$/gms)
  return [...fences].map(([, language = '', file = '', code = '']) => ({ language, file, code }))
}

const snippets = snippetsIn('docs/plugins.md')
const files = Object.fromEntries(snippets.flatMap(({ language, file, code }) => (language === 'ts' ? [[file, code]] : [])))
const commands = snippets.flatMap(({ language, code }) => (language === 'sh' ? [code.trim()] : []))

/** Puts these snippets into a folder in which packages are found. */
function fill(folder: string, ...names: readonly string[]): string {
  for (const name of names) writeFileSync(join(folder, name), files[name] ?? assert.fail(`no snippet is called ${name}`))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  return folder
}

const all = fill(mkdtempSync(join(tmpdir(), 'kec-guide-')), ...Object.keys(files))
after(() => rmSync(all, { recursive: true }))

const pluginOf = async (file: string): Promise<(...options: unknown[]) => PluginEntry> => (await import(join(all, file))).default

test('every snippet is told apart, and has a test below', () => {
  const tested = ['my-sink.ts', 'kec.config.ts', 'pager.ts', 'paged.config.ts', 'tally.ts', 'quiet.ts', 'lines.ts']
  assert.deepEqual(
    Object.keys(files).filter(name => !name.endsWith('.test.ts')),
    tested,
  )
  assert.deepEqual(
    snippets.filter(({ language, file }) => !(language === 'ts' && file !== '') && language !== 'sh'),
    [],
  )
  const ran = [/^kec sandbox /, /^kec start /, /^kec plugin create pager$/, /^node --test pager\.test\.ts$/]
  const notRun = [/^npm publish$/] // publishes; what would be published, test/real looks at
  assert.deepEqual(
    commands.filter(command => ![...ran, ...notRun].some(pattern => pattern.test(command))),
    [],
  )
})

test('the Chinese page has the very same snippets', () => {
  assert.deepEqual(snippetsIn('docs/plugins.zh.md'), snippets)
})

test('they compile, as strictly as a new package does', () => {
  const strict = { strict: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true, erasableSyntaxOnly: true }
  const modules = { target: 'es2024', lib: ['es2024', 'esnext.disposable'], types: ['node'], module: 'nodenext' }
  const compilerOptions = { ...strict, ...modules, noEmit: true, skipLibCheck: true, allowImportingTsExtensions: true }
  writeFileSync(join(all, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }))
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const { status, stdout } = spawnSync(process.execPath, [tsc, '--listFilesOnly', '-p', all], { encoding: 'utf8' })
  assert.equal(status, 0)
  for (const name of Object.keys(files)) assert.ok(stdout.includes(`/${name}\n`), name)
  assert.equal(spawnSync(process.execPath, [tsc, '-p', all], { encoding: 'utf8' }).stdout, '')
})

for (const name of Object.keys(files).filter(name => name.endsWith('.test.ts')))
  test(`${name} passes`, { timeout: 120_000 }, () => {
    const { NODE_TEST_CONTEXT: _, ...env } = process.env // else it would report to this test
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--test', name], { cwd: all, env, encoding: 'utf8' })
    assert.equal(status, 0, stdout + stderr)
    assert.match(stdout, /pass 1\b/)
  })

test('in one minute: an empty folder, its commands, and the sink says what happens', { timeout: 120_000 }, async t => {
  const folder = folderWith(t, { 'my-sink.ts': files['my-sink.ts'] ?? '', 'kec.config.ts': files['kec.config.ts'] ?? '' })
  // Another kec may have the usual port.
  writeFileSync(
    join(folder, 'other-port.config.ts'),
    "import config from './kec.config.ts'\nexport default { ...config, server: { port: 0 } }\n",
  )
  const [sandbox, start] = ['kec sandbox ', 'kec start '].map(begin => wordsOf(commands.find(command => command.startsWith(begin))))
  new Command(t, folder, sandbox ?? [])
  await waitFor('the kubeconfig', () => existsSync(join(folder, 'sandbox.kubeconfig')))
  const kec = new Command(t, folder, [...(start ?? []), '--config', 'other-port.config.ts'])
  const parts = ['"plugin":"my-sink"', '"reason":"Pulling"', '"kind":"Pod"']
  await kec.until(() => kec.stderr.split('\n').some(line => parts.every(part => line.includes(part))))
  kec.signal('SIGTERM')
  assert.equal(await kec.end(), 0)
})

const wordsOf = (command = '') => command.split(' ').slice(1)

test('a configuration with the pager is what kec takes', { timeout: 60_000 }, async t => {
  const folder = fill(folderWith(t, {}), 'pager.ts', 'paged.config.ts')
  writeFileSync(join(folder, 'kec.config.ts'), files['paged.config.ts'] ?? '')
  const { code, stderr } = await run(t, folder, 'start')
  assert.equal(code, 2)
  assert.match(stderr, /PAGER_TOKEN/)
  assert.doesNotMatch(stderr, /match|delivery|url/, 'the missing variable is all that is wrong')
})

test('tally counts occurrences once: no history, no replays, over restarts', async () => {
  const tally = await pluginOf('tally.ts')
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
    [[{ namespace: 'shop' }, 4]],
  )
})

test('quiet drops the reasons that it was given', async () => {
  const quiet = await pluginOf('quiet.ts')
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
  const lines = await pluginOf('lines.ts')
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
