// `kec plugin create`, and what kec makes of a plugin that was not built.
import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { folderWith } from './folder.ts'
import { run } from './kec.ts'

test('it says what it made, and what comes next; the second time it writes nothing', async t => {
  const folder = folderWith(t, {})
  const made = await run(t, folder, 'plugin', 'create', 'pager')
  assert.deepEqual(made, {
    code: 0,
    stderr: '',
    stdout: `Made the plugin pager, package kec-plugin-pager:
  pager/.gitignore
  pager/README.md
  pager/package.json
  pager/src/index.test.ts
  pager/src/index.ts
  pager/tsconfig.json

Next:
  cd pager
  npm install
  npm test

Then name it in kec.config.ts, and start kec there (kec start):
  plugins: [{ use: './pager', options: { url: 'https://example.org/events' } }],
`,
  })
  writeFileSync(join(folder, 'pager/src/index.ts'), 'mine')
  const again = await run(t, folder, 'plugin', 'create', 'pager')
  assert.deepEqual([again.code, again.stdout], [2, ''])
  assert.match(again.stderr, /^error KEC_PLUGIN_FOLDER: The folder \/.*\/pager is not empty \(/)
  const elsewhere = await run(t, folder, 'plugin', 'create', '@acme/kec-plugin-pager', '--dir', 'our plugins/pager')
  assert.equal(elsewhere.code, 0, elsewhere.stderr)
  assert.match(
    elsewhere.stdout,
    /package @acme\/kec-plugin-pager:[\s\S]*\n {2}cd 'our plugins\/pager'\n[\s\S]*use: '\.\/our plugins\/pager'/,
  )
  const wrong = await run(t, folder, 'plugin', 'create', 'My Sink')
  assert.deepEqual([wrong.code, wrong.stdout], [2, ''])
  assert.ok(!existsSync(join(folder, 'My Sink')))
})

test('its source needs no build; its folder does, and that is said', async t => {
  const folder = folderWith(t, {})
  assert.equal((await run(t, folder, 'plugin', 'create', 'pager')).code, 0)
  const configure = (use: string) => {
    const entry = { use, options: { url: 'http://127.0.0.1:1/' } }
    writeFileSync(join(folder, 'kec.config.json'), JSON.stringify({ plugins: [entry] }))
  }
  configure('./pager/src/index.ts')
  const list = await run(t, folder, 'plugin', 'list')
  assert.equal(list.code, 0, list.stderr)
  assert.match(list.stdout, /^pager\n {2}plugin {4}pager 0\.1\.0\n {2}from {6}\.\/pager\/src\/index\.ts\n {2}taps {6}onEvent\n/)
  configure('./pager')
  const { code, stderr } = await run(t, folder, 'plugin', 'list')
  assert.equal(code, 2)
  assert.match(
    stderr.replace(/\s+/g, ' '),
    /pager exports a file that is not there\. Build it: npm install in it does, if it has a prepare script\./,
  )
})
