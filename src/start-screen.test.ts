import assert from 'node:assert/strict'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { folderWith } from '../test/folder.ts'
import { loadConfig } from './config/load.ts'
import type { KecLog } from './log.ts'
import { showStart } from './start-screen.ts'

/** What kec says as it starts with the configuration of this folder: to people on a terminal, else in its log. */
async function said(folder: string, isTTY: boolean): Promise<{ screen: string; line: Readonly<Record<string, unknown>> | undefined }> {
  const loaded = await loadConfig({ cwd: folder, env: {} })
  const stderr = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY })
  const io = { env: {}, stdin: new PassThrough(), stdout: new PassThrough(), stderr }
  let line: Readonly<Record<string, unknown>> | undefined
  const log: KecLog = {
    debug() {},
    info: (_, fields) => {
      line = fields
    },
    warn() {},
    error() {},
    child: () => log,
  }
  const cluster = { server: 'https://10.0.0.1:6443', origin: '/home/me/.kube/config, context prod' }
  const paths = { journalFile: '/home/me/journal.db', url: 'http://127.0.0.1:8080' }
  showStart({ loaded, settings: loaded.config, cluster, name: 'prod', ...paths }, io, log)
  return { screen: String(stderr.read() ?? ''), line }
}

async function names(t: TestContext, files: Readonly<Record<string, string>>, config: (folder: string) => string): Promise<void> {
  const folder = folderWith(t, files)
  const { screen } = await said(folder, true)
  assert.ok(screen.startsWith(`  config   ${config(folder)}\n  cluster  prod at https://10.0.0.1:6443\n`), screen)
  const { line } = await said(folder, false)
  assert.partialDeepStrictEqual(line, { config: config(folder), cluster: 'prod' })
}

test('the start names the configuration in use, wherever it stands', async t => {
  await names(t, { 'kec.config.json': '{}' }, folder => join(folder, 'kec.config.json'))
  await names(t, { 'package.json': '{ "kec": {} }' }, folder => join(folder, 'package.json'))
})

test('the start says that there is no configuration', t => names(t, {}, () => 'none: the defaults'))
