import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/**
 * Programs that the real suite can use. They are looked for in KUBEBUILDER_ASSETS, as envtest does; those of `installed` in PATH. Where victoria-logs
 * is may also be said by KEC_TEST_VICTORIA_LOGS.
 */
export type Program = 'kube-apiserver' | 'etcd' | 'kubectl' | 'victoria-logs' | Installed
type Installed = 'openssl' | 'postfix' | 'prometheus' | 'promtool' | 'saslpasswd2'

const installed: readonly Program[] = ['openssl', 'postfix', 'prometheus', 'promtool', 'saslpasswd2'] satisfies Installed[]

/** The path of a program; undefined if it is not there. */
function find(program: Program): string | undefined {
  const { KEC_TEST_VICTORIA_LOGS: told } = process.env
  if (program === 'victoria-logs' && told) return existsSync(told) ? told : undefined
  const folders = installed.includes(program) ? (process.env.PATH ?? '').split(delimiter) : [process.env.KUBEBUILDER_ASSETS ?? '']
  return folders
    .filter(Boolean)
    .map(folder => join(folder, program))
    .find(existsSync)
}

/** The path of a program that a test has asked for with `missing`. */
export function path(program: Program): string {
  const found = find(program)
  if (found === undefined) throw new Error(`${program} is not there: ${why([program])}`)
  return found
}

/**
 * For `test(name, { skip: missing('kube-apiserver', 'etcd') }, …)`: why the test cannot run here, or false if it can.
 * With CI=true it throws instead, but for victoria-logs, which envtest does not have: what is not there must not look like what passed.
 */
export function missing(...programs: readonly Program[]): string | false {
  const absent = programs.filter(program => find(program) === undefined)
  if (absent.length === 0) return false
  if (process.env.CI === 'true' && absent.some(program => program !== 'victoria-logs')) throw new Error(why(absent))
  return why(absent)
}

function why(absent: readonly Program[]): string {
  const folder = process.env.KUBEBUILDER_ASSETS
  const assets = folder ? `KUBEBUILDER_ASSETS (${folder})` : 'KUBEBUILDER_ASSETS (which is not set)'
  const places = absent.map(program => `no ${program} in ${installed.includes(program) ? 'PATH' : assets}`)
  return places.join(', ')
}
