// Runs a file of this repository on the right Node, from a bare clone: `node tools/launch.mjs FILE [ARG ...]`.
// Plain JavaScript with no dependency, because it is what installs them. It must run on Node 20.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { isatty } from 'node:tty'

const root = join(import.meta.dirname, '..')
const endings = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** Whether all that package-lock.json names is in node_modules, as npm's own list there says; of the optional packages some never are. */
function installed() {
  const list = join(root, 'node_modules/.package-lock.json') // npm writes it last
  if (!existsSync(list)) return false
  const [wanted, there] = [join(root, 'package-lock.json'), list].map(file => JSON.parse(readFileSync(file, 'utf8')).packages)
  return Object.entries(wanted).every(
    ([path, { version, optional }]) => path === '' || (path in there ? there[path].version === version : optional),
  )
}

/** Waits for npm's end, whatever ends it: one that went on behind our back would be in the way of the next. */
async function install() {
  console.error('kec: installing dependencies (npm ci), once ...')
  const windows = process.platform === 'win32'
  const npm = spawn(windows ? 'npm.cmd' : 'npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: windows,
  })
  let interrupted = false
  const end = () => {
    interrupted = true
    npm.kill('SIGTERM') // it takes its time with SIGINT, which a terminal has sent already
  }
  for (const signal of endings) process.on(signal, end)
  const code = await new Promise(resolve => {
    npm.on('error', () => resolve(1))
    npm.on('exit', resolve)
  })
  for (const signal of endings) process.off(signal, end)
  if (interrupted) process.exit(130)
  if (code === 0) return
  console.error('kec: npm ci failed; see above. With a registry within reach, the same command works again.')
  process.exit(1)
}

/** This Node if it is new enough, else the one that came as a package. */
function node() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 24 || (major === 24 && minor >= 15)) return process.execPath
  const name = `node${process.platform === 'darwin' && process.arch === 'arm64' ? '-bin' : ''}-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  const path = join(root, 'node_modules', name, process.platform === 'win32' ? 'bin/node.exe' : 'bin/node')
  if (existsSync(path)) return path
  console.error(`kec: needs Node >= 24.15; this is ${process.version}, and there is no package ${name}. Install a newer Node.`)
  process.exit(1)
}

if (!installed()) await install()
const child = spawn(node(), process.argv.slice(2), { stdio: 'inherit' })
// A terminal sends Ctrl-C to the child as well; passing it on would make it the second one, which ends kec at once.
const terminal = [0, 1, 2].some(fd => isatty(fd))
process.on('SIGINT', () => terminal || child.kill('SIGINT'))
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('error', error => {
  console.error(`kec: ${error.message}`)
  process.exit(1)
})
child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]))
