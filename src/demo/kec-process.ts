import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** What the demo reads of kec's /status. */
export interface Status {
  readonly source: readonly { readonly listed: boolean; readonly connected: boolean }[]
  readonly counts: Readonly<Record<string, number>>
  readonly consumers: readonly SinkStatus[]
}

export interface SinkStatus {
  readonly name: string
  readonly state: string
  readonly journaled: number
  readonly delivered: number
  readonly skipped: number
  readonly dead: number
  readonly discarded: number
  readonly expired: number
  readonly pending: number
}

/** A line of kec's log. */
export interface LogLine {
  readonly level: string
  readonly message: string
  readonly sink?: string
}

const bin = join(import.meta.dirname, '../../bin/kec.js')

// Its own process group, as a terminal's Ctrl-C is for the demo, which ends kec in good order; and an end even if the demo is killed.
const endWithTheDemo = 'data:text/javascript,process.on("disconnect", () => process.exit(1))'

/** A `kec start` in a process of its own. */
export class KecProcess {
  readonly #child: ChildProcess
  readonly #closed: Promise<unknown>
  /** Known once it has said so. */
  #url: string | undefined
  /** What it said last. */
  lastLine = ''

  constructor(configFile: string, env: Readonly<Record<string, string | undefined>>, onLog: (line: LogLine) => void) {
    this.#child = fork(bin, ['start', '--config', configFile], {
      env,
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: ['--max-semi-space-size=8', '--import', endWithTheDemo],
    })
    this.#closed = once(this.#child, 'close')
    if (this.#child.stderr === null) throw new Error('stderr is a pipe')
    createInterface({ input: this.#child.stderr }).on('line', text => {
      const line = logLine(text)
      if (typeof line.metrics === 'string') this.#url = new URL(line.metrics).origin
      this.lastLine = line.message
      onLog(line)
    })
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Undefined while it does not answer. */
  async status(): Promise<Status | undefined> {
    const text = await this.#get('/status')
    return text === undefined ? undefined : (JSON.parse(text) as Status) // src/status.ts makes it
  }

  /** kec_events_total by reason; undefined while kec does not answer. */
  async reasons(): Promise<ReadonlyMap<string, number> | undefined> {
    const text = await this.#get('/metrics')
    if (text === undefined) return undefined
    const sums = new Map<string, number>()
    for (const [, reason = '', value] of text.matchAll(/^kec_events_total\{[^}]*\breason="([^"]*)"[^}]*\} (\d+)$/gm)) {
      sums.set(reason, (sums.get(reason) ?? 0) + Number(value))
    }
    return sums
  }

  async #get(path: string): Promise<string | undefined> {
    if (this.#url === undefined || !this.running) return undefined
    try {
      const answer = await fetch(`${this.#url}${path}`, { signal: AbortSignal.timeout(5000) })
      return await answer.text()
    } catch {
      return undefined
    }
  }

  /** Ends it at once, as the kernel does when memory is short. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#closed
  }

  /** Stops it in good order, and gives its exit code. */
  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM')
    await this.#closed
    return this.#child.exitCode
  }
}

function logLine(text: string): LogLine & { readonly metrics?: unknown } {
  try {
    return JSON.parse(text)
  } catch {
    return { level: 'error', message: text } // it could not start: an error is not JSON
  }
}
