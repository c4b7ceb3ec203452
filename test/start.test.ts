// `kec start` as its user meets it: bin/kec.js in a process of its own, against the sandbox, or against nothing.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { startSandbox } from '../src/sandbox/sandbox.ts'
import { folderWith } from './folder.ts'
import { Kec, linesOf, ownPort, place } from './kec.ts'
import { listen } from './listen.ts'

const root = join(import.meta.dirname, '..')

/** What kec says when it does not start: exit code, stderr; and nothing on stdout, where events go. */
async function refused(t: TestContext, folder: string, ...args: readonly string[]): Promise<{ code: number | null; said: string }> {
  const kec = new Kec(t, folder, ...args)
  const code = await kec.end()
  assert.equal(kec.stdout, '')
  return { code, said: kec.stderr }
}

test('each mistake of a configuration: all at once, with place and remedy, before anything is asked or written', async t => {
  const { sandbox, folder } = await place(t)
  const config = join(root, 'test/bad-config/many.yml')
  const { code, said } = await refused(t, folder, '--config', config)
  assert.equal(code, 2)
  assert.match(said, /^error KEC_CONFIG: .*many\.yml has 18 mistakes\.\n/)
  for (const part of [
    'clustr (line 2): unknown key. Did you mean cluster?',
    'journal.maxAge (line 12): is a number. Must be a time such as "24h".',
    'plugins[0] (line 16): lgo: cannot be found; tried @kec/plugin-lgo',
    'KEC_TEST_NOT_SET is not set',
    'its default export is of type function',
    'is for plugin API 0, and this kec has plugin API 1',
    'syntax error: Expected',
  ])
    assert.ok(said.replace(/\s+/g, ' ').includes(part), `${part} is not in ${said}`)
  assert.deepEqual(sandbox.requests, [])
  assert.ok(!existsSync(join(folder, 'state')))
})

test('a TypeScript configuration that Node cannot read: file and line', async t => {
  const { code, said } = await refused(t, folderWith(t, { 'kec.config.ts': 'export default {\n  cluster: ,\n}\n' }))
  assert.equal(code, 2)
  assert.match(said, /kec\.config\.ts:2: syntax error: /)
})

test('two plugins of one name, and one that throws in its setup', async t => {
  const { folder } = await place(t, { plugins: ['log', 'log'] })
  const twice = await refused(t, folder)
  assert.equal(twice.code, 2)
  assert.match(twice.said, /plugins\[1\].*log.*name/s)

  const throwing = join(root, 'test/bad-plugins/throws-in-setup.ts')
  writeFileSync(join(folder, 'kec.config.json'), JSON.stringify({ ...ownPort, plugins: ['metrics', throwing] }))
  const threw = await refused(t, folder)
  assert.equal(threw.code, 2)
  assert.match(threw.said, /error KEC_CONFIG: kec\.config\.json has a mistake\.\n.*plugins\[1\].*setup/s)
})

test('a wrong flag, and a wrong value of one', async t => {
  const folder = folderWith(t, {})
  const flag = await refused(t, folder, '--levle', 'Warning')
  assert.equal(flag.code, 2)
  assert.match(flag.said, /^error KEC_USAGE: kec start has no flag --levle\. Did you mean --level\?\n/)
  const value = await refused(t, folder, '--level', 'Fatal')
  assert.equal(value.code, 2)
  assert.match(value.said, /^error KEC_USAGE: .*--level cannot be "Fatal"\..*Normal, Warning/s)
})

test('no kubeconfig, a broken one, a context that is not there', async t => {
  const { folder } = await place(t)
  const context = await refused(t, folder, '--context', 'sandbix')
  assert.equal(context.code, 1)
  assert.match(context.said, /^error KEC_KUBECONFIG: .*sandbix/)
  assert.match(context.said, /\n {2}.*sandbox/)

  writeFileSync(join(folder, '.kube/config'), 'clusters: [\n')
  const broken = await refused(t, folder)
  assert.equal(broken.code, 1)
  assert.match(broken.said, /^error KEC_KUBECONFIG: .*\.kube\/config/)

  const none = await refused(t, folderWith(t, {}))
  assert.equal(none.code, 1)
  assert.match(none.said, /^error KEC_KUBECONFIG: no kubeconfig found \(looked for .*\.kube\/config\), and kec does not run in a cluster\n/)
})

test('a port in use, a log that cannot be written, a journal that cannot be made', async t => {
  const { folder } = await place(t)
  const configure = (config: object) => writeFileSync(join(folder, 'kec.config.json'), JSON.stringify({ ...ownPort, ...config }))
  const taken = await listen(t, createServer())
  configure({ server: { port: taken } })
  const port = await refused(t, folder)
  assert.equal(port.code, 1)
  assert.match(
    port.said,
    new RegExp(`^error KEC_PORT: .*127\\.0\\.0\\.1:${taken} is in use by another program\\.\n {2}Choose another`, 'm'),
  )

  writeFileSync(join(folder, 'a-file'), '')
  configure({ plugins: [{ use: 'log', options: { file: join(folder, 'a-file/events.log') } }] })
  const log = await refused(t, folder)
  assert.equal(log.code, 2)
  assert.match(log.said, /a-file/)

  configure({ journal: { dir: join(folder, 'a-file/journal') } })
  const journal = await refused(t, folder)
  assert.equal(journal.code, 1)
  assert.match(journal.said, /^error KEC_JOURNAL: .*a-file/)
})

test('a second kec on one journal waits for the first, as in a rolling update: nothing is lost, nothing repeated', async t => {
  const { sandbox, folder } = await place(t, { plugins: ['log'] })
  const create = (name: string) => sandbox.store.create({ metadata: { name }, message: name })
  const messages = (kec: Kec) => linesOf(kec.stdout).map(({ message }) => message)
  const waits = (kec: Kec) => kec.log.filter(({ message }) => message.includes('Waiting for it to stop'))
  const first = new Kec(t, folder)
  await first.until(() => sandbox.watches.size === 1)
  create('before')
  await first.until(() => messages(first).length === 1)

  const impatient = new Kec(t, folder)
  const second = new Kec(t, folder)
  for (const kec of [impatient, second]) {
    await kec.until(() => waits(kec).length > 0)
    assert.match(waits(kec)[0]?.message ?? '', /^Another kec \(pid \d+ on .*\) has the journal .* open\. Waiting .* 60 s at most\.$/)
  }
  impatient.signal('SIGINT')
  assert.equal(await impatient.end(), 0)

  create('while one waits')
  await first.until(() => messages(first).length === 2)
  first.signal('SIGTERM')
  assert.equal(await first.end(), 0)
  create('between the two, or not')
  await second.until(() => messages(second).length === 1)
  create('after')
  await second.until(() => messages(second).length === 2)
  second.signal('SIGTERM')
  assert.equal(await second.end(), 0)
  assert.deepEqual(messages(first), ['before', 'while one waits'])
  assert.deepEqual(messages(second), ['between the two, or not', 'after'])
  assert.equal(waits(second).length, 1, 'it is said once')
})

test('a journal that is deleted under kec: it says so, is not ready, and delivers on', async t => {
  const { sandbox, folder } = await place(t, { plugins: ['log'], journal: { dir: 'journal' } })
  const kec = new Kec(t, folder)
  await kec.until(() => sandbox.watches.size === 1)
  const url = String(kec.log.find(({ message }) => message === 'kec starts')?.metrics).replace('/metrics', '')
  assert.equal((await fetch(`${url}/readyz`)).status, 200)
  rmSync(join(folder, 'journal'), { recursive: true })
  assert.equal((await fetch(`${url}/readyz`)).status, 503)
  const { journal } = (await (await fetch(`${url}/status`)).json()) as { journal: { inPlace: boolean } }
  assert.equal(journal.inPlace, false)
  await kec.until(() => kec.log.some(({ level, message }) => level === 'error' && /was deleted or replaced .* Restart kec/.test(message)))
  sandbox.store.create({ metadata: { name: 'later' }, message: 'later' })
  await kec.until(() => linesOf(kec.stdout).length === 1)
  kec.signal('SIGTERM')
  assert.equal(await kec.end(), 0)
})

test('an API server that does not answer: what was tried, once with the remedy, and again; then it is there', async t => {
  const { sandbox, folder } = await place(t)
  sandbox.faults.inject({ kind: 'drop' }, { times: 1_000 })
  const kec = new Kec(t, folder)
  const complaints = () => kec.log.filter(({ message }) => message.includes('Trying again in'))
  await kec.until(() => complaints().length >= 2)
  assert.equal(complaints().filter(({ level, message }) => level === 'error' && message.includes(sandbox.url)).length, complaints().length)
  const [first = '', second = ''] = complaints().map(({ message }) => message.replace(/Trying again in .*/, ''))
  assert.ok(first.startsWith(second) && first.length > second.length, `the remedy is said once: ${first}; ${second}`)
  sandbox.faults.clear()
  await kec.until(() => sandbox.watches.size === 1)
  kec.signal('SIGTERM')
  assert.equal(await kec.end(), 0)
})

test('SIGTERM and SIGINT stop it with 0; a second signal ends it at once, whatever a sink does', async t => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const { sandbox, folder } = await place(t)
    const kec = new Kec(t, folder)
    await kec.until(() => sandbox.watches.size === 1)
    sandbox.store.create({ metadata: { name: 'one' }, message: 'one' })
    kec.signal(signal)
    assert.equal(await kec.end(), 0)
    assert.equal(kec.log.at(-1)?.message, 'stopped')
  }
  const hangs = join(root, 'test/bad-plugins/hangs.ts')
  const { sandbox, folder } = await place(t, { plugins: ['log', hangs] })
  const kec = new Kec(t, folder)
  await kec.until(() => sandbox.watches.size === 1)
  sandbox.store.create({ metadata: { name: 'one' }, message: 'one' })
  await kec.until(() => linesOf(kec.stdout).length === 1)
  kec.signal('SIGINT')
  await kec.until(() => kec.log.some(({ message }) => message.startsWith('SIGINT: stopping')))
  kec.signal('SIGINT')
  assert.equal(await kec.end(), 1)
  assert.ok(!kec.log.some(({ message }) => message === 'stopped' || message.startsWith('never answered')))
})

test("the predecessor's config.yaml runs: what differs is named, and what is down holds up nothing else", async t => {
  const sandbox = await startSandbox()
  t.after(() => sandbox.close())
  const folder = folderWith(t, { kubeconfig: sandbox.kubeconfig })
  mkdirSync(join(folder, 'logs'))
  writeFileSync(
    join(folder, 'config.yaml'),
    `kubeConfig: ${join(folder, 'kubeconfig')}
filterEventLevel: ""
elasticSearchEndpoint: http://127.0.0.1:1
logFilePath: ${join(folder, 'logs')}
mode: { log: true, prometheus: true, message: true, elasticSearch: true }
sender: { remote: 127.0.0.1, port: 1, email: kec@example.com, password: hunter2, targets: ops@example.com }
`,
  )
  const kec = new Kec(t, folder, '--config', 'config.yaml')
  // It serves on port 8080, which may be in use where tests run: then it says so, after all that it has to say of the configuration.
  const taken = await Promise.race([
    kec.end().then(() => true),
    kec
      .until(() => sandbox.watches.size === 1)
      .then(
        () => false,
        () => true,
      ),
  ])
  if (taken) {
    assert.match(kec.stderr, /error KEC_PORT: .*0\.0\.0\.0:8080/)
    t.skip('port 8080, which the predecessor had, is in use')
    return
  }
  for (const sink of ['mode.message is on', '0.0.0.0:8080'])
    assert.equal(kec.log.filter(({ level, message }) => level === 'warn' && message.includes(sink)).length, 1, sink)
  sandbox.store.create({ metadata: { name: 'one' }, message: 'one', type: 'Normal' })
  sandbox.store.create({ metadata: { name: 'two' }, message: 'two', type: 'Warning' })
  const logged = () => (existsSync(join(folder, 'logs/event.log')) ? linesOf(readFileSync(join(folder, 'logs/event.log'), 'utf8')) : [])
  await kec.until(() => logged().length === 2)
  assert.deepEqual(
    logged().map(({ message }) => message),
    ['one', 'two'],
  )
  assert.ok(readdirSync(join(folder, 'logs')).some(name => /^event\.\d{8}\.log$/.test(name)))
  // Its Elasticsearch and its mail server are down: those sinks wait, the others do not notice.
  for (const down of ["Elasticsearch can't be reached", '127.0.0.1:1: connect ECONNREFUSED'])
    await kec.until(() => kec.log.some(({ message }) => message.includes(down)))
  const scrape = await (await fetch('http://127.0.0.1:8080/metrics')).text()
  assert.match(scrape, /^k8s_event_count\{.*\} 1$/m)
  assert.match(scrape, /^kec_events_total\{.*\} 1$/m)
  kec.signal('SIGTERM')
  assert.equal(await kec.end(), 0)
  assert.doesNotMatch(kec.stderr, /hunter2/)
})

test('hostile, huge, poor and odd events: a line of JSON each, nothing that a terminal obeys, and sane counters', async t => {
  const { sandbox, folder } = await place(t, { plugins: ['log', { use: 'metrics', options: { legacy: true } }] })
  const kec = new Kec(t, folder)
  await kec.until(() => sandbox.watches.size === 1)
  const hostile = '\u001b[31mred\u001b]0;title\u0007\r\nsecond line <script>alert(1)</script> " \\ \u0000 \u009b2J \u202e __proto__'
  sandbox.store.create({ metadata: { name: 'hostile' }, message: hostile, reason: '__proto__', type: 'constructor' })
  sandbox.store.create({ metadata: { name: 'label' }, message: 'label', reason: 'a"b\\c\nd\u001b[0m', type: 'Warning' })
  sandbox.store.create({ metadata: { name: 'huge' }, message: 'x'.repeat(1_000_000) })
  sandbox.store.create({ metadata: { name: 'poor' } })
  sandbox.store.create({ metadata: { name: 'negative' }, message: 'negative', count: -7, type: '' })
  await kec.until(() => linesOf(kec.stdout).length === 5)

  // biome-ignore lint/suspicious/noControlCharactersInRegex: that none of them is there is the point.
  assert.doesNotMatch(kec.stdout.replaceAll('\n', ''), /[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/)
  const lines = linesOf(kec.stdout)
  assert.equal(lines.find(({ reason }) => reason === '__proto__').message, hostile)
  assert.ok(lines.some(({ message }) => message.length === 1_000_000))
  const negative = lines.find(({ message }) => message === 'negative')
  assert.deepEqual([negative.event_level, negative.level, negative.occurrences], ['', 'warn', 1])

  const { metrics } = kec.log.find(({ message }) => message === 'kec starts') ?? assert.fail(kec.stderr)
  const text = await (await fetch(String(metrics))).text()
  const counted = text.split('\n').filter(line => line.startsWith('kec_events_total{'))
  assert.equal(counted.length, 3, 'the last three are of one series')
  for (const line of counted) assert.match(line, /^kec_events_total\{(\w+="([^"\\]|\\["\\n])*",?)+\} [13]$/)
  assert.ok(counted.some(line => line.includes('reason="__proto__"')))
  assert.deepEqual(
    kec.log.filter(({ level }) => level === 'error'),
    [],
  )
  kec.signal('SIGTERM')
  assert.equal(await kec.end(), 0)
})
