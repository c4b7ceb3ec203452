import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { waitFor } from '../../wait-for.ts'

const running = new Set<ChildProcess>()
const folders: string[] = []

// A test that fails, or is ended from outside, must leave nothing behind.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
})
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))

/** A folder that is gone when this process is. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kec-real-'))
  folders.push(folder)
  return folder
}

/** A program that runs until it is told to stop. */
export class Server {
  readonly name: string
  readonly logFile: string
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>

  constructor(path: string, args: readonly string[], name: string, logFile: string) {
    this.name = name
    this.logFile = logFile
    const log = openSync(logFile, 'a', 0o600)
    this.#child = spawn(path, args, { stdio: ['ignore', log, log] })
    running.add(this.#child)
    this.#ended = once(this.#child, 'close').finally(() => running.delete(this.#child))
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get alive(): boolean {
    return running.has(this.#child)
  }

  /** Resolves when the program has ended. SIGKILL is kill -9. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (this.alive) this.#child.kill(signal)
    await this.#ended
  }

  /** Waits until `check` answers true. Throws with the end of the log if the program ends, or after a minute. */
  async ready(check: () => Promise<boolean>): Promise<void> {
    await waitFor(`${this.name} to be ready`, async () => {
      if (!this.alive) throw new Error(`${this.name} ended at once:\n${this.#logEnd()}`)
      return check().catch(() => false)
    })
  }

  #logEnd(): string {
    return readFileSync(this.logFile, 'utf8').split('\n').slice(-20).join('\n')
  }
}

/** A port of 127.0.0.1 that nobody listened on a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
