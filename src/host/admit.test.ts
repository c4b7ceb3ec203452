import assert from 'node:assert/strict'
import { join, relative } from 'node:path'
import { test } from 'node:test'
import { type DeliveryOptions, definePlugin } from '@kec/plugin-api'
import { z } from 'zod'
import { folderWith } from '../../test/folder.ts'
import { pathText } from '../config/problems.ts'
import { admit } from './admit.ts'

const root = join(import.meta.dirname, '../..')
const bad = join(root, 'test/bad-plugins')

async function problemsOf(plugins: readonly unknown[], folder = bad): Promise<string[]> {
  const { problems } = await admit(plugins, { folder, cwd: root })
  return problems.map(({ path, place, what, fix }) => `${pathText(path)}${place ? ` (${place})` : ''}: ${what}. ${fix}`)
}

const sins: [file: string, answer: RegExp][] = [
  [
    'no-plugin.ts',
    /^plugins\[0\]: test\/bad-plugins\/no-plugin\.ts is not a plugin: its default export is of type function\. .*definePlugin/,
  ],
  ['plain-object.ts', /plain-object\.ts exports a plain object\. Wrap it\..*definePlugin/],
  ['named-export.ts', /named-export\.ts exports its plugin as sink\. It must be the default export/],
  ['nothing.ts', /nothing\.ts is not a plugin: it exports nothing\./],
  ['old-api.ts', /old-api\.ts is for plugin API 0, and this kec has plugin API 1\. Install a newer version of the plugin/],
  ['new-api.ts', /new-api\.ts is for plugin API 99, and this kec has plugin API 1\. Update kec/],
  ['bad-name.ts', /bad-name\.ts has no usable name/],
  ['picky.ts', /^plugins\[0\]\.options\.url: is missing\. Must be a text\.$/],
  ['throws-on-import.ts', /^plugins\[0\] \(test\/bad-plugins\/throws-on-import\.ts:2\): throws as it is loaded: no database here\./],
  ['throwing-schema.ts', /^plugins\[0\]\.options: the schema of throwing-schema throws: schema out of order\./],
  ['../bad-config/broken-plugin.ts', /^plugins\[0\] \(test\/bad-config\/broken-plugin\.ts:3\): syntax error: /],
  ['../bad-config/import-type.ts', /\(test\/bad-config\/import-type\.ts:2\): .*`import type \{ Rule \}`/],
  ['not-there.ts', /not-there\.ts does not exist\. Correct the path/],
]

for (const [file, answer] of sins) {
  test(`a plugin with a sin: ${file}`, async () => {
    const [problem = '', ...others] = await problemsOf([`./${file}`])
    assert.match(problem, answer)
    assert.deepEqual(others, [])
  })
}

test('a plugin that throws in setup is admitted: the host sets it up later', async () => {
  const { entries, problems } = await admit(['./throws-in-setup.ts'], { folder: bad, cwd: root })
  assert.deepEqual(problems, [])
  assert.equal(entries[0]?.name, 'throws-in-setup')
})

test('options and delivery with the whole path, did you mean, all at once', async () => {
  const entry = {
    use: './picky.ts',
    name: 'no spaces please',
    options: { ulr: 'x', url: 'x', tls: { verfy: true } },
    delivery: { maxBatches: 1, timeout: 0, linger: '1s' },
    match: { knd: 'Pod' },
  }
  const problems = await problemsOf([entry])
  const paths = problems.map(problem => problem.slice(0, problem.indexOf(': ')))
  assert.deepEqual(paths.toSorted(), [
    'plugins[0].delivery.linger',
    'plugins[0].delivery.maxBatches',
    'plugins[0].delivery.timeout',
    'plugins[0].match.knd',
    'plugins[0].name',
    'plugins[0].options.tls.verfy',
    'plugins[0].options.tls.verify',
    'plugins[0].options.ulr',
    'plugins[0].options.url',
  ])
  for (const meant of ['maxBatch', 'kind', 'verify', 'url'])
    assert.ok(
      problems.some(problem => problem.endsWith(`Did you mean ${meant}?`)),
      meant,
    )
})

test('what is no entry at all is told apart by hand', async () => {
  const plugin = definePlugin({ name: 'p', apiVersion: 1, setup() {} })
  const answers: [value: unknown, answer: RegExp][] = [
    [plugin, /a plugin that was not called\. Call it/],
    [() => undefined, /is a function/],
    [Promise.resolve(), /is a promise\. Write `await`/],
    [null, /is empty/],
    [7, /is a number/],
    [['log'], /is a list/],
    ['', /is an empty text/],
    [{ log: { file: 'x' } }, /does not say which plugin\. .*\{ use: "log", options: \{ … \} \}/],
    [{}, /does not say which plugin/],
    [{ use: 3 }, /use: is a number\. Must be the name of a plugin/],
    [{ use: './picky.ts', option: {} }, /plugins\[0\]\.option: unknown key\. Did you mean options\?/],
  ]
  for (const [value, answer] of answers) assert.match((await problemsOf([value])).join('\n'), answer)
})

test('the settings of a factory are checked as those of a name are', async () => {
  const plugin = definePlugin({ name: 'p', apiVersion: 1, options: z.strictObject({ a: z.number() }), setup() {} })
  const settings = { delivery: { maxBatch: 0 } } as { delivery: DeliveryOptions }
  assert.deepEqual(await problemsOf([plugin({ a: 'x' as unknown as number }, settings)]), [
    'plugins[0].delivery.maxBatch: is not valid. Must be a whole number of events, at least 1.',
    'plugins[0].options.a: is a text. Must be a number.',
  ])
})

test('a factory of another plugin API is refused with both numbers', async () => {
  // @ts-expect-error: tsc tells, too
  const plugin = definePlugin({ name: 'p', apiVersion: 2, setup() {} })
  assert.match((await problemsOf([plugin()])).join(), /the plugin p is for plugin API 2, and this kec has plugin API 1/)
})

test('a plugin without options takes none', async () => {
  assert.match((await problemsOf([{ use: './throws-in-setup.ts', options: { a: 1 } }])).join(), /takes no options\. Remove a\./)
})

test('two of one name: the first is named', async () => {
  const url = { url: 'https://example.org' }
  const twins = [
    { use: './picky.ts', options: url },
    { use: './picky.ts', options: url },
  ]
  assert.match(
    (await problemsOf(twins)).join(),
    /^plugins\[1\]: there are two plugins of the name picky: plugins\[0\] is the other\. Give one of them another/,
  )
  assert.deepEqual(await problemsOf([twins[0], { ...twins[1], name: 'second' }]), [])
})

test('an admitted entry: its delivery overrides the defaults of its plugin', async () => {
  const entry = {
    use: './picky.ts',
    name: 'mine',
    options: { url: 'https://example.org' },
    match: { kind: 'Pod' },
    delivery: { maxBatch: 7 },
  }
  const { entries } = await admit([entry], { folder: bad, cwd: root })
  const { definition, ...rest } = entries[0] ?? assert.fail('not admitted')
  assert.equal(definition.name, 'picky')
  assert.deepEqual(rest, {
    name: 'mine',
    options: { url: 'https://example.org' },
    match: { kind: 'Pod' },
    delivery: { maxBatch: 7, maxAttempts: 3 },
    ownDelivery: { maxBatch: 7 },
    found: { use: './picky.ts', file: join(bad, 'picky.ts') },
    path: ['plugins', 0],
  })
})

test('every mistake of every entry comes at once', async () => {
  const problems = await problemsOf(['./old-api.ts', './no-plugin.ts', 'not-there', './throws-on-import.ts'])
  assert.deepEqual(
    problems.map(problem => problem.slice(0, 10)),
    ['plugins[0]', 'plugins[1]', 'plugins[2]', 'plugins[3]'],
  )
})

test('a plugin in node_modules of the folder: by its name, by the short one, ahead of what comes with kec', async t => {
  const plugin = (name: string) =>
    `import { definePlugin } from '@kec/plugin-api'\nexport default definePlugin({ name: '${name}', apiVersion: 1, setup() {} })`
  const onlyImport = (name: string) => JSON.stringify({ name, type: 'module', exports: { '.': { import: './index.js' } } })
  const folder = folderWith(t, {
    'node_modules/kec-plugin-pager/package.json': onlyImport('kec-plugin-pager'),
    'node_modules/kec-plugin-pager/index.js': plugin('pager'),
    'node_modules/@acme/kec-plugin-x/package.json': onlyImport('@acme/kec-plugin-x'),
    'node_modules/@acme/kec-plugin-x/index.js': plugin('x'),
    'node_modules/@kec/plugin-log/package.json': onlyImport('@kec/plugin-log'),
    'node_modules/@kec/plugin-log/index.js': plugin('own-log'),
    'sink/package.json': JSON.stringify({ name: 'sink', exports: './src/main.ts' }),
    'sink/src/main.ts': plugin('sink'),
    'plain/index.ts': plugin('plain'),
  })
  const { entries, problems } = await admit(['pager', '@acme/kec-plugin-x', 'log', './sink', './plain', 'metrics'], { folder, cwd: folder })
  assert.deepEqual(problems, [])
  assert.deepEqual(
    entries.map(({ name, found }) => [name, found && relative(folder, found.file)]),
    [
      ['pager', 'node_modules/kec-plugin-pager/index.js'],
      ['x', 'node_modules/@acme/kec-plugin-x/index.js'],
      ['own-log', 'node_modules/@kec/plugin-log/index.js'],
      ['sink', 'sink/src/main.ts'],
      ['plain', 'plain/index.ts'],
      ['metrics', relative(folder, join(root, 'plugins/metrics/src/index.ts'))],
    ],
  )
})

test('a name that leads nowhere says what was tried', async t => {
  const folder = folderWith(t, { 'empty/readme': '' })
  const [pager, scoped, file, empty, node] = await problemsOf(['pager', '@acme/x', 'my-sink.ts', './empty', 'fs'], folder)
  assert.match(pager ?? '', /tried @kec\/plugin-pager and kec-plugin-pager, beside .+npm install kec-plugin-pager/)
  assert.match(scoped ?? '', /tried @acme\/x, beside /)
  assert.match(file ?? '', /For a file, write "\.\/my-sink\.ts"/)
  assert.match(empty ?? '', /empty has no plugin\. It needs an index\.ts/)
  assert.match(node ?? '', /cannot be found/)
})

test('the webhook of the examples is loaded by its path', async () => {
  const entry = { use: './examples/webhook', options: { url: 'https://example.org' } }
  const { entries, problems } = await admit([entry], { folder: root, cwd: root })
  assert.deepEqual(problems, [])
  assert.deepEqual(entries[0]?.delivery, { maxBatch: 100 })
})
