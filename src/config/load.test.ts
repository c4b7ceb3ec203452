import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { folderWith } from '../../test/folder.ts'
import { KecError } from '../errors.ts'
import { loadConfig } from './load.ts'

type Files = Readonly<Record<string, string>>

const load = (t: TestContext, files: Files, env: Readonly<Record<string, string>> = {}, file?: string) =>
  loadConfig({ cwd: folderWith(t, files), env, file })

async function refusal(t: TestContext, files: Files, env: Readonly<Record<string, string>> = {}, file?: string): Promise<string> {
  try {
    await load(t, files, env, file)
  } catch (error) {
    assert.ok(error instanceof KecError, String(error))
    assert.equal(error.code, 'KEC_CONFIG')
    return error.message
  }
  return assert.fail('nothing was refused')
}

const typescript = `
import { type Config, defineConfig } from 'kec'
const level: Config['filter'] = { level: 'Warning' }
export default defineConfig({ cluster: 'here', filter: level, plugins: ['log'] })
`
const yaml = 'cluster: here\nfilter:\n  level: Warning\nplugins: [log]\n'
const json = JSON.stringify({ cluster: 'here', filter: { level: 'Warning' }, plugins: ['log'] })
const formats: Files = {
  'kec.config.ts': typescript,
  'kec.config.mts': typescript,
  'kec.config.js': "exports.default = { cluster: 'here', filter: { level: 'Warning' }, plugins: ['log'] }".replace(
    'exports.default',
    'module.exports',
  ),
  'kec.config.mjs':
    "import { defineConfig } from 'kec'\nexport default defineConfig({ cluster: 'here', filter: { level: 'Warning' }, plugins: ['log'] })",
  'kec.config.json': json,
  'kec.config.yaml': yaml,
  'kec.config.yml': yaml,
  'package.json': `{ "name": "x", "kec": ${json} }`,
}

for (const [name, text] of Object.entries(formats)) {
  test(`${name} in a folder with nothing else`, async t => {
    const { file, config, entries, notices } = await load(t, { [name]: text })
    assert.ok(file?.endsWith(name))
    assert.equal(config.cluster, 'here')
    assert.deepEqual(config.filter, { level: 'Warning' })
    assert.deepEqual(
      entries.map(entry => entry.name),
      ['log'],
    )
    assert.deepEqual(notices, [])
  })
}

test('TypeScript is an ES module even where package.json says CommonJS', async t => {
  const files = {
    'package.json': '{ "type": "commonjs" }',
    'kec.config.ts': typescript,
    'level.ts': "export const level = 'Warning' as const",
  }
  assert.equal((await load(t, files)).config.cluster, 'here')
  const helped = { ...files, 'kec.config.ts': "import { level } from './level.ts'\nexport default { filter: { level } }" }
  assert.deepEqual((await load(t, helped)).config.filter, { level: 'Warning' })
})

test('no warning of Node stands beside the answer', t => {
  const cwd = folderWith(t, { 'kec.config.ts': typescript, 'package.json': '{}' })
  const script = `import { loadConfig } from ${JSON.stringify(join(import.meta.dirname, 'load.ts'))}\nconsole.log((await loadConfig({ cwd: '.' })).config.cluster)`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { cwd, encoding: 'utf8' })
  assert.deepEqual([stdout, stderr], ['here\n', ''])
})

test('zod and @kec/plugin-api come from kec where the folder has none; its own copy wins', async t => {
  const sink = `
    import { definePlugin } from '@kec/plugin-api'
    import { z } from 'zod'
    export default definePlugin({ name: 'mine', apiVersion: 1, options: z.strictObject({ a: z.string().default('b') }), setup() {} })`
  const files = { 'kec.config.ts': "import mine from './mine.ts'\nexport default { plugins: [mine()] }", 'mine.ts': sink }
  assert.deepEqual((await load(t, files)).entries[0]?.options, { a: 'b' })
  const own = {
    ...files,
    'node_modules/zod/package.json': '{ "name": "zod", "exports": { "import": "./index.mjs" } }',
    'node_modules/zod/index.mjs':
      "export const z = { strictObject: () => ({ '~standard': { validate: () => ({ value: 'own zod' }) } }), string: () => ({ default() {} }) }",
  }
  assert.equal((await load(t, own)).entries[0]?.options, 'own zod')
})

test('without a configuration kec runs with log and metrics, and says so', async t => {
  const { file, config, entries, notices } = await load(t, {})
  assert.equal(file, undefined)
  assert.deepEqual(
    entries.map(({ name }) => name),
    ['log', 'metrics'],
  )
  assert.doesNotMatch(JSON.stringify(entries[0]?.options), /file/)
  assert.deepEqual(config, {
    source: { startFrom: 'all' },
    filter: {},
    journal: { maxAge: 86_400_000, maxBytes: 1_073_741_824 },
    server: { host: '127.0.0.1', port: 8080 },
    log: { level: 'info' },
  })
  assert.match(notices.join(), /no kec\.config/)
})

test('no plugins mean log and metrics, an empty list means none; both are said', async t => {
  const absent = await load(t, { 'kec.config.yml': 'cluster: a' })
  assert.equal(absent.entries.length, 2)
  assert.match(absent.notices.join(), /No plugins/)
  const empty = await load(t, { 'kec.config.yml': 'plugins: []' })
  assert.equal(empty.entries.length, 0)
  assert.match(empty.notices.join(), /empty/)
})

test('every key', async t => {
  const text = `
cluster: prod
source:
  kubeconfig: ~/.kube/prod
  context: admin
  namespaces: { include: [a, b], exclude: ['kube-*'] }
  fieldSelector: type=Warning
  labelSelector: a=b
  startFrom: now
filter:
  level: Normal
  match: { kind: [Pod, Node] }
  drop: [{ reason: 'Pull*', namespace: '' }]
journal: { dir: /data, maxAge: 7d, maxBytes: 500MiB }
server: { host: '::1', port: '\${env:PORT}' }
log: { level: debug }
plugins: []
`
  assert.deepEqual((await load(t, { 'kec.config.yml': text }, { PORT: '9100' })).config, {
    cluster: 'prod',
    source: {
      kubeconfig: join(homedir(), '.kube/prod'),
      context: 'admin',
      namespaces: { include: ['a', 'b'], exclude: ['kube-*'] },
      fieldSelector: 'type=Warning',
      labelSelector: 'a=b',
      startFrom: 'now',
    },
    filter: { level: 'Normal', match: { kind: ['Pod', 'Node'] }, drop: [{ reason: 'Pull*', namespace: '' }] },
    journal: { dir: '/data', maxAge: 604_800_000, maxBytes: 524_288_000 },
    server: { host: '::1', port: 9100 },
    log: { level: 'debug' },
  })
})

test('a second configuration in the folder is named as not read', async t => {
  const { file, notices } = await load(t, { 'kec.config.yml': yaml, 'kec.config.ts': typescript })
  assert.ok(file?.endsWith('.ts'))
  assert.deepEqual(notices, ['kec.config.yml is not read: another configuration stands beside it.'])
})

test('a configuration that cannot be read is an error, not a reason for the next one or the defaults', async t => {
  // A folder of this name is to the search just what a file without the right to read it is; root may read those.
  const message = await refusal(t, { 'kec.config.ts/inner': '', 'kec.config.yml': yaml })
  assert.match(message, /kec\.config\.ts cannot be read/)
  assert.match(await refusal(t, { 'kec.config.yml/inner': '' }), /kec\.config\.yml cannot be read/)
})

test('a promise of a configuration is one', async t => {
  assert.equal((await load(t, { 'kec.config.ts': "export default Promise.resolve({ cluster: 'later' })" })).config.cluster, 'later')
})

test('YAML: aliases work, but not without their anchor nor as a bomb', async t => {
  const shared = await load(t, { 'kec.config.yml': 'filter:\n  match: &a { kind: Pod }\n  drop: { <<: *a, reason: Pulled }\nplugins: []' })
  assert.deepEqual(shared.config.filter.drop, { kind: 'Pod', reason: 'Pulled' })
  const rounds = Array.from({ length: 6 }, (_, i) => `k${i + 1}: &k${i + 1} [${`*k${i},`.repeat(10)}]`)
  const bomb = ['k0: &k0 [1]', ...rounds].join('\n')
  assert.match(await refusal(t, { 'kec.config.yml': bomb }), /kec\.config\.yml: cannot be read/)
})

test('a file that holds no object', async t => {
  assert.match(await refusal(t, { 'kec.config.yml': 'just text' }), /: is a text\. Must be an object/)
  assert.match(await refusal(t, { 'kec.config.json': '[]' }), /: is a list\. Must be an object/)
  assert.match(await refusal(t, { 'package.json': '{\n"kec": 7 }' }), /package\.json:2: is a number\. Must be an object/)
  assert.match(await refusal(t, { 'package.json': '{ "kec": ' }), /package\.json cannot be read/)
  assert.match(await refusal(t, { 'kec.config.ts': '' }), /exports nothing/)
})

test('--config: no such file, a folder, another kind', async t => {
  assert.match(await refusal(t, {}, {}, 'nothing.yml'), /nothing\.yml does not exist/)
  assert.match(await refusal(t, {}, {}, '.'), /is no file/)
  assert.match(await refusal(t, { 'a.toml': '' }, {}, 'a.toml'), /of no kind that kec reads/)
})

test('secrets are what plugins were given by reference; no list of mistakes shows any', async t => {
  const sink =
    "import { definePlugin } from '@kec/plugin-api'\nimport { z } from 'zod'\nexport default definePlugin({ name: 's', apiVersion: 1, options: z.strictObject({ key: z.enum(['other-key']).or(z.string().min(8)), n: z.enum(['q']).optional() }), setup() {} })"
  const config = (rest: string) => `cluster: \${env:NAME}\nplugins: [{ use: ./s.ts, options: { key: '\${env:KEY}' ${rest} } }]`
  const env = { NAME: 'prod-eu', KEY: 'sesame-open' }
  const { secrets } = await load(t, { 's.ts': sink, 'kec.config.yml': config('') }, env)
  assert.equal(secrets.mask('prod-eu: key sesame-open'), 'prod-eu: key ***')
  const message = await refusal(t, { 's.ts': sink, 'kec.config.yml': config(`, n: '\${env:KEY}'`) }, env)
  assert.match(message, /options\.n \(line 2\): is "\*\*\*"/)
  assert.doesNotMatch(message, /sesame/)
  const mixedUp = await refusal(t, { 'kec.config.yml': `log: { level: "\${env:KEY}" }\nplugins: []` }, env)
  assert.match(mixedUp, /log\.level \(line 1\): is "\*\*\*"/)
})

test('rules: what holds for no event or for every event is a mistake', async t => {
  const rule = (text: string) => refusal(t, { 'kec.config.yml': `filter:\n  drop: ${text}\n` })
  assert.match(await rule('[{}]'), /filter\.drop\[0\] \(line 2\): is an empty rule/)
  assert.match(await rule('{ reason: [] }'), /filter\.drop\.reason \(line 2\): is an empty list/)
  assert.match(await rule('{ reason: /Pull.*/ }'), /looks like a regular expression/)
  assert.match(await rule('{ message: x }'), /filter\.drop\.message \(line 2\): unknown key\. Known here: type, reason/)
  assert.match(await rule('Pulled'), /filter\.drop \(line 2\): is a text\. Must be a rule/)
  assert.match(await rule('[{ reason: 4 }]'), /filter\.drop\[0\]\.reason \(line 2\): is a number\. Must be a text/)
  assert.match(await rule(''), /filter\.drop \(line 2\): is empty \(null\)\. Give it a value/)
})

test('journal.maxBytes: a number, or a text with a unit; too little is refused', async t => {
  const journal = (text: string) => refusal(t, { 'kec.config.yml': `journal: { maxBytes: ${text} }` })
  assert.match(await journal('1'), /journal\.maxBytes \(line 1\): is not valid\. Must be at least 16MiB/)
  assert.match(await journal('16MB'), /journal\.maxBytes \(line 1\): is not valid\. Must be a whole number of bytes/)
  assert.match(await journal('[]'), /journal\.maxBytes \(line 1\): is a list\. Must be a whole number of bytes/)
})
