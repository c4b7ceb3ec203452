import { spawnSync } from 'node:child_process'

/** All but writing files: a configuration may ask a server, or a password program, as it is loaded. */
const allowed = ['addons', 'child-process', 'fs-read=*', 'inspector', 'net', 'wasi', 'worker']

/** Runs this very command once more in a process that may write no file, and gives its exit code. Undefined: this is that process. */
export function rerunRestricted(): number | undefined {
  if (process.permission !== undefined) return undefined
  const flags = allowed.map(what => `--allow-${what}`).filter(flag => process.allowedNodeEnvironmentFlags.has(flag.replace(/=.*/, '')))
  const quiet = ['SecurityWarning', 'ExperimentalWarning'].map(kind => `--disable-warning=${kind}`)
  const args = [...process.execArgv, '--permission', ...flags, ...quiet, ...process.argv.slice(1)]
  return spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1
}
