import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** A folder that a process has as its root: the system of this machine, read-only, and what was put beside it. */
export interface Root {
  readonly path: string
  /** Holds node and npm of this machine; stands at /usr/local/bin. */
  readonly programs: string
}

interface Mount {
  /** A folder of this machine. */
  readonly from: string
  readonly to: string
  readonly readOnly?: boolean
}

export interface Process {
  readonly argv: readonly string[]
  readonly cwd: string
  /** All of it: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>
  readonly mounts?: readonly Mount[]
  readonly readOnlyRoot?: boolean
  /** Without it: root, as a build has it. With it no right of root's is left, and none can be got back. */
  readonly user?: { readonly uid: number; readonly gid: number; readonly groups: readonly number[] }
}

const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) killAll(child)
})

const system = ['usr', 'bin', 'sbin', 'lib', 'lib64']
const settings = ['passwd', 'group', 'hosts', 'resolv.conf', 'nsswitch.conf', 'ssl', 'ld.so.cache']

/** Why no container can be made here, or false: not every machine that runs the suite lets its user make namespaces. */
export function noContainers(): string | false {
  const tried = spawnSync('unshare', ['--mount', '--pid', '--fork', 'setpriv', '--no-new-privs', 'true'], { encoding: 'utf8' })
  return tried.status === 0 && process.getuid?.() === 0 ? false : `no namespaces here: ${tried.stderr || 'Linux and root are needed'}`
}

/** What stands for the base image: this machine's system and its npm, with the Node that runs the tests. */
export function makeRoot(folder: string): Root {
  const path = join(folder, 'root')
  for (const name of ['dev', 'proc', 'etc', 'run', 'tmp', 'var']) mkdirSync(join(path, name), { recursive: true })
  symlinkSync('/run', join(path, 'var/run'))
  for (const name of system.filter(name => existsSync(`/${name}`))) {
    if (lstatSync(`/${name}`).isSymbolicLink()) symlinkSync(readlinkSync(`/${name}`), join(path, name))
    else mkdirSync(join(path, name))
  }
  for (const name of settings.filter(name => existsSync(`/etc/${name}`)))
    cpSync(`/etc/${name}`, join(path, 'etc', name), { recursive: true, verbatimSymlinks: true })
  const programs = join(folder, 'programs')
  mkdirSync(programs)
  writeFileSync(join(programs, 'node'), '')
  const npm = (process.env.PATH ?? '')
    .split(delimiter)
    .map(place => join(place, 'npm'))
    .find(existsSync)
  if (npm) symlinkSync(realpathSync(npm), join(programs, 'npm'))
  return { path, programs }
}

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`

/** As a container engine does it: mounts of its own, process 1 of its own, and this root. */
export function spawnIn(root: Root, { argv, cwd, env, mounts = [], readOnlyRoot = false, user }: Process): ChildProcess {
  const inside = (place: string) => quoted(join(root.path, place))
  const bind = ({ from, to, readOnly }: Mount) => [
    `mkdir -p ${inside(to)}`,
    `mount --bind ${quoted(from)} ${inside(to)}`,
    ...(readOnly ? [`mount -o remount,bind,ro ${inside(to)}`] : []),
  ]
  const folders = system.filter(name => existsSync(`/${name}`) && !lstatSync(`/${name}`).isSymbolicLink())
  const become = user
    ? ['/usr/bin/setpriv', '--reuid', user.uid, '--regid', user.gid, '--groups', user.groups.join(',')].concat([
        '--no-new-privs',
        '--bounding-set=-all',
        '--inh-caps=-all',
        '--',
      ])
    : []
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  const command = ['/usr/bin/env', '-i', '-C', cwd, ...variables, ...become, ...argv].map(word => quoted(String(word)))
  const script = [
    'set -e',
    'umask 022',
    ...mounts.flatMap(({ to }) => `mkdir -p ${inside(to)}`),
    `mount --bind ${inside('/')} ${inside('/')}`,
    ...(readOnlyRoot ? [`mount -o remount,bind,ro ${inside('/')}`] : []),
    ...folders.flatMap(name => bind({ from: `/${name}`, to: `/${name}`, readOnly: true })),
    ...bind({ from: root.programs, to: '/usr/local/bin' }),
    `mount --bind ${quoted(process.execPath)} ${inside('/usr/local/bin/node')}`,
    `mount --rbind /dev ${inside('/dev')}`,
    `mount -t proc proc ${inside('/proc')}`,
    ...mounts.flatMap(bind),
    `exec chroot ${inside('/')} ${command.join(' ')}`,
  ]
  const child = spawn('unshare', ['--mount', '--pid', '--fork', '/bin/sh', '-c', script.join('\n')], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  child.on('close', () => running.delete(child))
  return child
}

/** The number here of what is process 1 in there; undefined before it has begun, and after its end. */
function processOne(child: ChildProcess): number | undefined {
  if (child.exitCode !== null || child.signalCode !== null) return undefined // its number may be another's by now
  const list = `/proc/${child.pid}/task/${child.pid}/children`
  return (existsSync(list) && Number(readFileSync(list, 'utf8'))) || undefined
}

/** To process 1 in there: it gets only the signals that it listens to, as in any container. */
export function signalInside(child: ChildProcess, signal: NodeJS.Signals): void {
  const one = processOne(child)
  if (one === undefined) throw new Error('nothing runs in there')
  process.kill(one, signal)
}

/** With its process 1 all of a container ends; then unshare does. */
export function killAll(child: ChildProcess): void {
  const one = processOne(child)
  if (one === undefined) child.kill('SIGKILL')
  else process.kill(one, 'SIGKILL')
}
