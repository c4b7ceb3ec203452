import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { waitFor } from '../../wait-for.ts'
import { path } from './assets.ts'
import { freePort, Server, temporaryFolder } from './process.ts'

export interface Result {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** What `promtool check metrics` finds fault with in a scrape's text; '' if it finds none. */
export function faultsOf(text: string): string {
  const { status, stdout, stderr } = spawnSync(path('promtool'), ['check', 'metrics'], { input: text, encoding: 'utf8' })
  return status === 0 ? '' : stdout + stderr
}

/** A real Prometheus that scrapes one address each second. */
export class Prometheus implements AsyncDisposable {
  readonly #server: Server
  readonly #url: string

  private constructor(server: Server, url: string) {
    this.#server = server
    this.#url = url
  }

  /** `target`: host and port. Resolves when the first scrape has succeeded. */
  static async scraping(target: string): Promise<Prometheus> {
    const folder = temporaryFolder()
    const port = await freePort()
    const config = { global: { scrape_interval: '1s' }, scrape_configs: [{ job_name: 'kec', static_configs: [{ targets: [target] }] }] }
    const file = join(folder, 'prometheus.yml')
    writeFileSync(file, JSON.stringify(config)) // JSON is YAML
    const flags = { 'config.file': file, 'storage.tsdb.path': join(folder, 'data'), 'web.listen-address': `127.0.0.1:${port}` }
    const args = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`)
    const server = new Server(path('prometheus'), args, 'prometheus', join(folder, 'prometheus.log'))
    const prometheus = new Prometheus(server, `http://127.0.0.1:${port}`)
    try {
      await server.ready(async () => (await prometheus.query('up')).some(({ value }) => value === 1))
    } catch (error) {
      await prometheus[Symbol.asyncDispose]()
      throw error
    }
    return prometheus
  }

  async query(expression: string): Promise<readonly Result[]> {
    const answer = await fetch(`${this.#url}/api/v1/query?${new URLSearchParams({ query: expression })}`)
    const { data, error } = (await answer.json()) as {
      data?: { result: { metric: Record<string, string>; value: [time: number, value: string] }[] }
      error?: string
    }
    if (!data) throw new Error(`prometheus refuses ${expression}: ${error}`)
    return data.result.map(({ metric, value: [, value] }) => ({ labels: metric, value: Number(value) }))
  }

  /** Until the expression, asked after each scrape, has just this one value. */
  async shows(expression: string, value: number): Promise<void> {
    let last: readonly Result[] = []
    await waitFor(`${expression} to be ${value}`, async () => {
      last = await this.query(expression)
      return last.length === 1 && last[0]?.value === value
    }).catch(error => {
      throw new Error(`${error.message}; it is ${JSON.stringify(last)}`)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.end('SIGKILL')
  }
}
