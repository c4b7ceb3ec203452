import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type Sandbox, startSandbox } from '../src/sandbox/sandbox.ts'
import { folderWith } from './folder.ts'
import { waitFor } from './wait-for.ts'

const root = join(import.meta.dirname, '..')

/** A command of kec that runs in a folder, with what it said so far. Killed with the test, if it is still there. */
export class Command {
  stdout = ''
  stderr = ''
  readonly #child: ChildProcess
  readonly #closed: Promise<unknown>

  /** `more`: beside what it needs of the environment. `program`: what runs, this checkout's kec if none is given. */
  constructor(
    t: TestContext,
    folder: string,
    words: readonly string[],
    more: Readonly<Record<string, string>> = {},
    program: readonly [string, ...string[]] = [process.execPath, '--max-semi-space-size=8', join(root, 'bin/kec.js')],
  ) {
    const { PATH } = process.env
    const own = { HOME: folder, XDG_STATE_HOME: join(folder, 'state'), XDG_CACHE_HOME: join(folder, 'cache'), TMPDIR: folder }
    const [file, ...args] = program
    const child = spawn(file, [...args, ...words], {
      cwd: folder,
      env: { PATH, ...own, ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.stdout.setEncoding('utf8').on('data', text => {
      this.stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', text => {
      this.stderr += text
    })
    this.#child = child
    this.#closed = once(child, 'close')
    t.after(() => child.kill('SIGKILL'))
  }

  /** Until the condition holds. Fails if kec ends before, or after what no machine needs. */
  async until(condition: () => boolean): Promise<void> {
    await waitFor(String(condition), () => {
      const holds = condition()
      assert.ok(holds || this.#child.exitCode === null, 'kec ended')
      return holds
    }).catch(error => {
      throw new Error(`${error.message}; kec said: ${this.stderr}`)
    })
  }

  signal(name: 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'SIGKILL'): void {
    this.#child.kill(name)
  }

  async end(): Promise<number | null> {
    await this.#closed
    return this.#child.exitCode
  }
}

/** A `kec start`. */
export class Kec extends Command {
  constructor(t: TestContext, folder: string, ...args: readonly string[]) {
    super(t, folder, ['start', ...args])
  }

  /** The lines of its own log: JSON, as stderr is a pipe. */
  get log(): { readonly level: string; readonly message: string; readonly [field: string]: unknown }[] {
    return this.stderr.split('\n').flatMap(line => (line.startsWith('{') ? [JSON.parse(line)] : []))
  }
}

/** Runs a command to its end. */
export async function run(t: TestContext, folder: string, ...words: readonly string[]): Promise<Ended> {
  const command = new Command(t, folder, words)
  const code = await command.end()
  return { code, stdout: command.stdout, stderr: command.stderr }
}

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export const ownPort = { server: { port: 0 } }

/** A folder with the kubeconfig of a sandbox of its own and this configuration. */
export async function place(t: TestContext, config: object = {}): Promise<{ sandbox: Sandbox; folder: string }> {
  const sandbox = await startSandbox()
  t.after(() => sandbox.close())
  const files = { '.kube/config': sandbox.kubeconfig, 'kec.config.json': JSON.stringify({ ...ownPort, ...config }) }
  return { sandbox, folder: folderWith(t, files) }
}

/** What a shell has in KUBECONFIG after the line with it that `kec sandbox` says to type. */
export function exportedBy(said: string): string {
  const [line] = /export KUBECONFIG=.+/.exec(said) ?? assert.fail(said)
  return execFileSync('sh', ['-c', `${line}; printf %s "$KUBECONFIG"`], { encoding: 'utf8' })
}

/** The lines of JSON in this text. */
export const linesOf = (text: string) =>
  text
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line)) // the last one may be on its way
