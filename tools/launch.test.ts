import assert from 'node:assert/strict'
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { after, test } from 'node:test'

const root = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'kec-launch-'))
after(() => rmSync(folder, { recursive: true }))

// Nothing listens there: kec tries again and again until it is told to stop.
const kubeconfig = join(folder, 'kubeconfig')
writeFileSync(
  kubeconfig,
  JSON.stringify({
    'current-context': 'x',
    clusters: [{ name: 'x', cluster: { server: 'http://127.0.0.1:9' } }],
    users: [{ name: 'x', user: {} }],
    contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
  }),
)
// Its stop takes a while, in which a second signal would be noticed.
writeFileSync(
  join(folder, 'slow.ts'),
  `import { definePlugin } from '@kec/plugin-api'
  export default definePlugin({
    name: 'slow',
    apiVersion: 1,
    setup(kec) {
      kec.hooks.onShutdown.tapPromise('slow', () => new Promise(resolve => setTimeout(resolve, 1000)))
    },
  })`,
)
const config = join(folder, 'kec.config.json')
writeFileSync(config, JSON.stringify({ server: { port: 0 }, journal: { dir: folder }, plugins: ['./slow.ts'] }))
const line = `npm run --silent kec -- start --config "${config}" --kubeconfig "${kubeconfig}"`

const posix = { skip: process.platform === 'win32' && 'signals and sh are POSIX', timeout: 60_000 }
const linux = { skip: process.platform !== 'linux' && 'needs script of util-linux', timeout: 60_000 }

// Signals reach kec through npm, its shell and the launcher, and each arrives once: the second of two would end kec at once.

/** Waits until kec tries again, does as told, and gives all that was said and the exit code. */
async function stopped(child: ChildProcessWithoutNullStreams, stop: () => void): Promise<{ code: unknown; text: string }> {
  let text = ''
  let told = false
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', piece => {
      text += piece
      if (told || !text.includes('Trying again')) return
      told = true
      stop()
    })
  const [code] = await once(child, 'close')
  return { code, text }
}

function assertStoppedOnce({ code, text }: { code: unknown; text: string }): void {
  assert.equal(text.match(/: stopping/g)?.length, 1, text)
  assert.match(text, /\bstopped\b/)
  assert.equal(code, 0)
}

test('SIGTERM to npm stops kec gracefully', posix, async () => {
  const child = spawn(`exec ${line}`, { cwd: root, shell: true, stdio: 'pipe' })
  assertStoppedOnce(await stopped(child, () => child.kill('SIGTERM')))
})

test('Ctrl-C on a terminal stops kec gracefully, though npm and the launcher get it too', linux, async () => {
  const child = spawn('script', ['--quiet', '--return', '--command', `exec ${line}`, join(folder, 'typescript')], {
    cwd: root,
    stdio: 'pipe',
  })
  assertStoppedOnce(await stopped(child, () => child.stdin.write('\u0003')))
})

/** Whether the launcher runs npm where package-lock.json names `wanted` and npm's list in node_modules says `there`. */
function installs(wanted: object, there: object | undefined): boolean {
  const place = mkdtempSync(join(folder, 'clone-'))
  cpSync(join(root, 'tools/launch.mjs'), join(place, 'tools/launch.mjs'))
  mkdirSync(join(place, 'node_modules'))
  writeFileSync(join(place, 'package-lock.json'), JSON.stringify({ packages: { '': { version: '1.0.0' }, ...wanted } }))
  if (there !== undefined) writeFileSync(join(place, 'node_modules/.package-lock.json'), JSON.stringify({ packages: there }))
  writeFileSync(join(place, 'npm'), '#!/bin/sh\necho "npm $*"\n', { mode: 0o755 })
  writeFileSync(join(place, 'program.mjs'), "console.log('ran', ...process.argv.slice(2))\n")
  const env = { ...process.env, PATH: `${place}${delimiter}${process.env.PATH}` }
  const { stdout, stderr, status } = spawnSync(process.execPath, ['tools/launch.mjs', 'program.mjs', 'x'], {
    cwd: place,
    env,
    encoding: 'utf8',
  })
  assert.deepEqual({ stdout, status }, { stdout: 'ran x\n', status: 0 })
  assert.equal(/^npm ci /m.test(stderr), /installing/.test(stderr))
  return stderr !== ''
}

test('what is missing is installed, and nothing is when all is there', posix, () => {
  const a = { 'node_modules/a': { version: '1.0.0' } }
  const optional = { 'node_modules/b': { version: '1.0.0', optional: true } }
  const link = { 'node_modules/c': { resolved: 'c', link: true } }
  assert.equal(installs(a, undefined), true)
  assert.equal(installs(a, {}), true)
  assert.equal(installs(a, { 'node_modules/a': { version: '1.0.1' } }), true)
  assert.equal(installs(link, {}), true)
  assert.equal(installs({ ...a, ...optional, ...link }, { ...a, ...link }), false)
})
