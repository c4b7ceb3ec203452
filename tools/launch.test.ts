// Signals reach kec through npm, its shell and the launcher, and each arrives once: the second of two would end kec at once.
import assert from 'node:assert/strict'
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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
const line = `npm run --silent kec -- start --config ${config} --kubeconfig ${kubeconfig}`

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

const posix = { skip: process.platform === 'win32' && 'signals are POSIX', timeout: 60_000 }

test('SIGTERM to npm stops kec gracefully', posix, async () => {
  const child = spawn(`exec ${line}`, { cwd: root, shell: true, stdio: 'pipe' })
  assertStoppedOnce(await stopped(child, () => child.kill('SIGTERM')))
})

const linux = { skip: process.platform !== 'linux' && 'needs script of util-linux', timeout: 60_000 }

test('Ctrl-C on a terminal stops kec gracefully, though npm and the launcher get it too', linux, async () => {
  const child = spawn('script', ['--quiet', '--return', '--command', line, join(folder, 'typescript')], { cwd: root, stdio: 'pipe' })
  assertStoppedOnce(await stopped(child, () => child.stdin.write('\u0003')))
})
