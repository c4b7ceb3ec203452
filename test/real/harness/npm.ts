import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

const npm = (...args: readonly string[]) => spawnSync('npm', args, { encoding: 'utf8' })

/** For `{ skip: noRegistry() }`: why packages cannot be installed here, or false if they can. With CI=true it throws instead. */
export function noRegistry(): string | false {
  const { status, stderr } = npm('view', 'tapable', 'version', '--prefer-online', '--fetch-retries=0', '--fetch-timeout=20000')
  if (status === 0) return false
  const why = `the registry of npm cannot be reached: ${stderr?.trim().split('\n')[0] ?? 'there is no npm'}`
  if (process.env.CI === 'true') throw new Error(why)
  return why
}

/** ms. npm tries again and again where a registry is not what it should be. */
const patience = 180_000

/** The environment of somebody whose home is empty; how the registry is reached, and npm's cache, are ours. */
export function newcomer(home: string): NodeJS.ProcessEnv {
  const { registry, cache, globalconfig, cafile } = JSON.parse(npm('config', 'list', '--json').stdout)
  // Nothing of the npm and the test runner that this runs in: tests that it starts would report to ours, or in colours.
  const ours = /^(?:npm_|NODE_TEST|NODE_OPTIONS|FORCE_COLOR|INIT_CWD)/i
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)))
  const known = { registry, cache, globalconfig, ...(cafile !== null && { cafile }), prefer_offline: 'true' }
  return { ...env, ...Object.fromEntries(Object.entries(known).map(([key, value]) => [`npm_config_${key}`, value])), HOME: home }
}

/** Runs `npm install` in this folder as somebody whose home is empty. Throws with what npm says. */
export async function install(folder: string, home: string, ...packages: readonly string[]): Promise<void> {
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...packages]
  await run('npm', args, { cwd: folder, env: newcomer(home), timeout: patience })
}

/** Node.js comes as packages, as tools/node has it. */
const nodePackage = `node${process.platform === 'darwin' && process.arch === 'arm64' ? '-bin' : ''}-${process.platform}-${process.arch}`

/** Fetches a Node.js of this version into a new folder, and answers the folder that `node` is in. */
export async function fetchNode(version: string, folder: string): Promise<string> {
  mkdirSync(folder)
  const { stdout } = await run('npm', ['pack', '--silent', '--prefer-offline', `${nodePackage}@${version}`], { cwd: folder })
  await run('tar', ['xzf', stdout.trim(), 'package/bin/node'], { cwd: folder }) // thousands of headers stay where they are
  return join(folder, 'package/bin')
}
