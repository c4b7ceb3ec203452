// One file for each sin in test/bad-config: what kec answers, word for word.
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadConfig } from '../src/config/load.ts'
import { KecError } from '../src/errors.ts'

const root = join(import.meta.dirname, '..')
const folder = 'test/bad-config'

async function answer(file: string): Promise<string> {
  try {
    await loadConfig({ cwd: root, file: join(folder, file), env: {} })
  } catch (error) {
    assert.ok(error instanceof KecError, String(error))
    assert.equal(error.exitCode, 2)
    return error.message
  }
  return assert.fail('nothing was refused')
}

const answers: Readonly<Record<string, string>> = {
  'broken-plugin.ts': `
test/bad-config/broken-plugin.ts has a mistake.
test/bad-config/broken-plugin.ts:3: syntax error: Expected ',', got 'ident'.
  Correct this line.`,
  'empty.yml': `
test/bad-config/empty.yml has a mistake.
test/bad-config/empty.yml: is empty. Write a configuration, or remove the file
  to run with the defaults.`,
  'enum.ts': `
test/bad-config/enum.ts has a mistake.
test/bad-config/enum.ts:2: TypeScript enum is not supported in strip-only
  mode. Node only strips types: write it without enum, namespace and parameter
  properties.`,
  'import-type.ts': `
test/bad-config/import-type.ts has a mistake.
test/bad-config/import-type.ts:2: The requested module 'kec' does not provide
  an export named 'Rule'. If Rule is a type, write \`import type { Rule }\`;
  else correct the name.`,
  'journal.yml': `
test/bad-config/journal.yml has a mistake.
journal.maxBytes (line 2): is not valid. Must be a whole number of bytes, or
  one with KiB, MiB, GiB or TiB, such as "500MiB" or "1GiB".`,
  'many.yml': `
test/bad-config/many.yml has 18 mistakes.
clustr (line 2): unknown key. Did you mean cluster?
source.namespaces.include[0] (line 5): is not valid. Must be the full name of
  a namespace: each is watched on its own. Patterns belong into exclude, or
  filter.match.
filter.level (line 7): is "warning". Must be Warning (all but Normal) or
  Normal (all). Did you mean Warning?
filter.drop[0].raeson (line 9): unknown key. Did you mean reason?
filter.drop[1].message (line 10): unknown key. Known here: type, reason, kind,
  namespace, name.
journal.maxAge (line 12): is a number. Must be a time such as "24h".
server.port (line 14): is a text. Must be a port: a whole number from 0 (any
  free one) to 65535.
plugins[0] (line 16): lgo: cannot be found; tried @kec/plugin-lgo and
  kec-plugin-lgo, beside the configuration and in kec itself. Install it
  beside the configuration (npm install kec-plugin-lgo), or correct the name.
plugins[1].options.url (line 18): is not valid. Invalid URL.
plugins[1].options.tls.verify (line 18): is a text. Must be a boolean.
plugins[1].options.ulr (line 18): unknown key. Did you mean url?
plugins[1].delivery.maxBatches (line 19): unknown key. Did you mean maxBatch?
plugins[2].options.url (line 21): the environment variable KEC_TEST_NOT_SET is
  not set. Set it.
plugins[3] (line 22): test/bad-plugins/no-plugin.ts is not a plugin: its
  default export is of type function. A plugin file says: export default
  definePlugin({ … }).
plugins[4] (line 23): ../bad-plugins/old-api.ts is for plugin API 0, and this
  kec has plugin API 1. Install a newer version of the plugin.
plugins[5] (test/bad-plugins/throws-on-import.ts:2): throws as it is loaded:
  no database here. Correct the code there.
plugins[6] (test/bad-config/broken-plugin.ts:3): syntax error: Expected ',',
  got 'ident'. Correct this line.
plugins[7] (line 26): is a number. Write a name such as "log", a path such as
  "./my-sink.ts", or an object { use: …, options: { … } }.`,
  'misspelt-package.ts': `
test/bad-config/misspelt-package.ts has a mistake.
test/bad-config/misspelt-package.ts: Cannot find package '@kec/plugin-ap'.
  Install it beside this file: npm install @kec/plugin-ap`,
  'missing-reference.ts': `
test/bad-config/missing-reference.ts has 2 mistakes.
plugins[0].options.url: the environment variable KEC_TEST_NOT_SET is not set.
  Set it.
plugins[0].options.url: the file /nowhere/secret does not exist. Create the
  file, or correct the path.`,
  'no-default.ts': `
test/bad-config/no-default.ts has a mistake.
test/bad-config/no-default.ts: exports config, but no default. Write \`export
  default defineConfig({ … })\`.`,
  'no-ending.ts': `
test/bad-config/no-ending.ts has a mistake.
test/bad-config/no-ending.ts: Cannot find module 'test/bad-config/helper'.
  Correct the path; it needs its ending, such as ./helper.ts.`,
  'not-installed.ts': `
test/bad-config/not-installed.ts has a mistake.
test/bad-config/not-installed.ts: Cannot find package
  'kec-plugin-that-is-not-there'. Install it beside this file: npm install
  kec-plugin-that-is-not-there`,
  'predecessor.yml': `
test/bad-config/predecessor.yml has 6 mistakes.
kubeConfig (line 1): is a number. Must be a text.
filterEventLevel (line 2): is "Fatal". Must be Warning (all but Normal),
  Normal or "" (all).
mode.log (line 4): is a text. Must be true or false.
elasticSearchEndpoint (line 7): is not valid. Must be the address of
  Elasticsearch, such as http://es.example.org:9200, or mode.elasticSearch
  false.
sender.targets (line 8): is not valid. Must be who gets mails, such as
  oncall@example.org, or a list of them, or mode.message false.
sender.email (line 11): is not valid. Must be the address that mails come
  from, such as kec@example.org, or mode.message false.`,
  'syntax.json': `
test/bad-config/syntax.json has a mistake.
test/bad-config/syntax.json:4: is no JSON: Expected double-quoted property
  name. Correct this line.`,
  'syntax.mjs': `
test/bad-config/syntax.mjs has a mistake.
test/bad-config/syntax.mjs:4: syntax error: Expression expected. Correct this
  line.`,
  'syntax.ts': `
test/bad-config/syntax.ts has a mistake.
test/bad-config/syntax.ts:4: syntax error: Expression expected. Correct this
  line.`,
  'syntax.yml': `
test/bad-config/syntax.yml has a mistake.
test/bad-config/syntax.yml:2: is no YAML: Nested mappings are not allowed in
  compact mappings. Correct this line.`,
  'throws.ts': `
test/bad-config/throws.ts has a mistake.
test/bad-config/throws.ts:1: throws as it is loaded: Cannot read properties of
  undefined (reading 'trim'). Correct the code there.`,
  'unknown-key.json': `
test/bad-config/unknown-key.json has a mistake.
filter.levle (line 3): unknown key. Did you mean level?`,
  'unquoted-star.yml': `
test/bad-config/unquoted-star.yml has a mistake.
test/bad-config/unquoted-star.yml:3: *-system is an alias of YAML that stands
  for nothing. A pattern is to be quoted: '*-system'.`,
}

for (const [file, expected] of Object.entries(answers))
  test(`bad config: ${file}`, async () => assert.equal(await answer(file), expected.trim()))

test('each sin has its answer here, none wider than 80 columns', () => {
  assert.deepEqual(Object.keys(answers).toSorted(), readdirSync(join(root, folder)).toSorted())
  for (const [file, text] of Object.entries(answers)) for (const line of text.split('\n')) assert.ok(line.length <= 78, `${file}: ${line}`)
})
