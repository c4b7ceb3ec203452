import { join } from 'node:path'
import { type Sample, samplesOf } from '../../scrape.ts'
import { waitFor } from '../../wait-for.ts'
import { path } from './assets.ts'
import { freePort, Server, temporaryFolder } from './process.ts'

/** An entry as a query gives it: `_time`, `_msg`, and labels and structured metadata by their names. */
export type Stored = Readonly<Record<string, string>>

/** A real VictoriaLogs, which takes Loki's push API. It can be killed, and started again on the same data and address. */
export class VictoriaLogs implements AsyncDisposable {
  readonly url: string
  readonly #folder = temporaryFolder()
  readonly #port: number
  #server: Server | undefined

  private constructor(port: number) {
    this.#port = port
    this.url = `http://127.0.0.1:${port}`
  }

  static async start(): Promise<VictoriaLogs> {
    const logs = new VictoriaLogs(await freePort())
    await logs.start()
    return logs
  }

  async start(): Promise<void> {
    const flags = {
      storageDataPath: join(this.#folder, 'data'),
      httpListenAddr: `127.0.0.1:${this.#port}`,
      inmemoryDataFlushInterval: '1s',
    }
    const args = Object.entries(flags).map(([flag, value]) => `-${flag}=${value}`)
    this.#server = new Server(path('victoria-logs'), args, 'victoria-logs', join(this.#folder, 'log'))
    await this.#server.ready(async () => (await fetch(`${this.url}/health`)).ok)
  }

  async kill(): Promise<void> {
    await this.#server?.end('SIGKILL')
  }

  /** Everything that was pushed, once all of it can be found. */
  async all(): Promise<Stored[]> {
    await fetch(`${this.url}/internal/force_flush`)
    const text = await (await fetch(`${this.url}/select/logsql/query?query=*`)).text()
    return text
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line))
  }

  /** How many entries it has taken since it started. */
  async taken(): Promise<number> {
    return sum(await this.#metric('vl_rows_ingested_total'))
  }

  /** Until nothing is in memory only: it acknowledges a push before it is on the disk, and a kill loses what is not. `before`: on the disk at start. */
  async onDisk(before = 0): Promise<void> {
    await waitFor('everything to be on the disk', async () => {
      const rows = await this.#metric('vl_storage_rows')
      return sum(rows.filter(({ labels }) => labels.type !== 'storage/inmemory')) === before + (await this.taken())
    })
  }

  async #metric(name: string): Promise<Sample[]> {
    return samplesOf(await (await fetch(`${this.url}/metrics`)).text(), name)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }
}

const sum = (samples: readonly Sample[]): number => samples.reduce((all, { value }) => all + value, 0)
