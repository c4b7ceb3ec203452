// `npm test`: the check, then every test that needs no network and no cluster. `npm run test:real`: the tests on real servers.
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const real = process.argv[2] === 'real'
const chosen = process.argv.slice(real ? 3 : 2)

/** Runs a program of ours and leaves with its exit code if it fails. */
function run(...args: string[]): void {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

const places = real ? ['test/real'] : ['src', 'plugin-api/src', 'plugins/*/src', 'examples/*/src', 'test', 'tools']
const files = places
  .flatMap(place => globSync(`${place}/**/*.test.ts`, { cwd: root }))
  .filter(file => real || !file.startsWith('test/real/'))
  .filter(file => chosen.length === 0 || chosen.some(part => file.includes(part)))
  .sort()

if (files.length === 0) {
  console.error(`kec: no test file ${chosen.length > 0 ? `has ${chosen.join(' or ')} in its path` : 'found'}`)
  process.exit(1)
}
if (!real && chosen.length === 0) run('tools/check.ts')
run('--import=./test/environment.ts', '--test', '--test-concurrency=2', '--test-timeout=400000', ...files)
