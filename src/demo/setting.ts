import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster } from '../cluster/cluster.ts'
import { connectCluster } from '../cluster/connect.ts'
import { errorOf, KecError } from '../errors.ts'
import type { Io } from '../io.ts'
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts'
import { Written } from './books.ts'
import { KecProcess, type LogLine, type Status } from './kec-process.ts'
import { LogTail } from './log-tail.ts'
import { type Receiver, startReceiver } from './receiver.ts'

interface Parts {
  readonly folder: string
  readonly sandbox: Sandbox
  readonly cluster: Cluster
  readonly receiver: Receiver
}

/** All that a demo is made of: a small cluster, a receiver for the webhook, and kec between them. */
export class Setting implements Parts, AsyncDisposable {
  readonly folder
  readonly sandbox
  readonly cluster
  readonly receiver
  /** What was written to the API server. */
  readonly written = new Written()
  /** What the log sink wrote. */
  readonly log: LogTail
  readonly #startKec: () => KecProcess
  #kec: KecProcess

  private constructor({ folder, sandbox, cluster, receiver }: Parts, startKec: () => KecProcess) {
    this.folder = folder
    this.sandbox = sandbox
    this.cluster = cluster
    this.receiver = receiver
    this.log = new LogTail(folder)
    this.#startKec = startKec
    this.#kec = startKec()
  }

  /** `onLog` gets what kec says of itself. */
  static async set({ env }: Io, onLog: (line: LogLine) => void): Promise<Setting> {
    const folder = await newFolder()
    const [sandbox, receiver] = await Promise.all([startSandbox({ eventTtl: 3600_000, compactEvery: 300_000 }), startReceiver()])
    const kubeconfig = join(folder, 'kubeconfig')
    const config = join(folder, 'kec.config.json')
    await write(kubeconfig, sandbox.kubeconfig)
    await write(config, configFor(folder, kubeconfig, receiver.url))
    const cluster = await connectCluster({ kubeconfig, context: undefined })
    return new Setting({ folder, sandbox, cluster, receiver }, () => new KecProcess(config, env, onLog))
  }

  get kec(): KecProcess {
    return this.#kec
  }

  /** kill -9, and a new start. */
  async killKec(): Promise<void> {
    await this.#kec.kill()
    this.#kec = this.#startKec()
  }

  /** Until kec's /status is like this, or the signal aborts. Throws if kec ends. */
  async until(condition: (status: Status) => boolean, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const status = await this.#kec.status()
      if (status !== undefined && condition(status)) return
      if (!this.#kec.running) throw new KecError('KEC_DEMO', `kec ended: ${this.#kec.lastLine}`, `What it ran with is in ${this.folder}.`)
      await sleep(50)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#kec.running) await this.#kec.kill()
    await this.cluster.close()
    await Promise.all([this.receiver.close(), this.sandbox.close()])
  }
}

async function newFolder(): Promise<string> {
  try {
    return await mkdtemp(join(tmpdir(), 'kec-demo-'))
  } catch (error) {
    throw new KecError('KEC_DEMO', `There can be no folder for the demo: ${errorOf(error).message}`, 'TMPDIR can name another place.')
  }
}

function configFor(folder: string, kubeconfig: string, url: string): string {
  const config = {
    cluster: 'demo',
    source: { kubeconfig },
    plugins: [
      { use: 'log', options: { file: join(folder, 'events.log') } },
      'metrics',
      { use: join(import.meta.dirname, `webhook${extname(import.meta.filename)}`), options: { url } },
    ],
    journal: { dir: folder },
    server: { port: 0 },
  }
  return `${JSON.stringify(config, null, 2)}\n`
}

function write(file: string, text: string): Promise<void> {
  return writeFile(file, text, { mode: 0o600 })
}
