import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Sample, samplesOf } from '../../scrape.ts'
import { waitFor } from '../../wait-for.ts'
import { freePort } from './process.ts'

/** One line of the log plugin's file, as far as tests look at it. */
export interface Line {
  readonly id: string
  readonly uid: string
  readonly resource_version: string
  readonly occurrences: number
  readonly historical: boolean
}

interface Status {
  readonly source: readonly { readonly position: { readonly version: string } }[]
  readonly gaps: readonly { readonly from: string; readonly to: string; readonly cause: string }[]
}

/** `kec start` as its user runs it, with the log and metrics plugins at its end. Its folder outlives it: start another on the same. */
export class Kec implements AsyncDisposable {
  readonly url: string
  readonly folder: string
  /** What it said on stderr. */
  said = ''
  readonly #child: ChildProcess

  private constructor(folder: string, port: number, kubeconfig: string) {
    this.folder = folder
    this.url = `http://127.0.0.1:${port}`
    const args = ['start', '--config', join(folder, 'kec.config.json'), '--kubeconfig', kubeconfig]
    const root = join(import.meta.dirname, '../../..')
    this.#child = spawn(process.execPath, [join(root, 'bin/kec.js'), ...args], { stdio: ['ignore', 'ignore', 'pipe'], cwd: folder })
    this.#child.stderr?.setEncoding('utf8').on('data', text => {
      this.said += text
    })
  }

  static async start(folder: string, kubeconfig: string, more: object = {}): Promise<Kec> {
    mkdirSync(folder, { recursive: true })
    const port = await freePort()
    const config = {
      cluster: 'real',
      plugins: [{ use: 'log', options: { file: join(folder, 'events.log') } }, { use: 'metrics' }],
      journal: { dir: join(folder, 'journal') },
      server: { port },
      ...more,
    }
    writeFileSync(join(folder, 'kec.config.json'), JSON.stringify(config))
    return new Kec(folder, port, kubeconfig)
  }

  /** Until the first list is through and the watch is open. */
  async ready(): Promise<void> {
    let answer = ''
    const ready = async () => {
      if (this.#child.exitCode !== null) throw new Error(`kec ended: ${this.said}`)
      const response = await fetch(`${this.url}/readyz`).catch(() => undefined)
      answer = (await response?.text()) ?? 'no answer'
      return response?.ok ?? false
    }
    await waitFor('kec to be ready', ready).catch(error => {
      throw new Error(`${error.message}; /readyz: ${answer}; kec said: ${this.said}`)
    })
  }

  /** Every line that the log plugin wrote, into whichever file. */
  lines(): Line[] {
    const files = readdirSync(this.folder).filter(name => /^events\.\d.*\.log$/.test(name))
    return files.flatMap(name => {
      const text = readFileSync(join(this.folder, name), 'utf8')
      // What follows the last newline is being written.
      const whole = text.slice(0, text.lastIndexOf('\n') + 1)
      return whole
        .split('\n')
        .filter(line => line !== '')
        .map(line => JSON.parse(line))
    })
  }

  /** Until so many versions are in the log, and nothing is pending in any sink. */
  async logged(versions: number): Promise<Line[]> {
    const enough = () =>
      existsSync(this.folder) && new Set(this.lines().map(({ uid, resource_version }) => `${uid}/${resource_version}`)).size >= versions
    await waitFor(`${versions} versions in the log`, enough, 120_000)
    await waitFor('nothing to be pending', async () => (await this.metric('kec_sink_pending_events')).every(({ value }) => value === 0))
    return this.lines()
  }

  /** The text of a scrape now. */
  async scrape(): Promise<string> {
    return (await fetch(`${this.url}/metrics`)).text()
  }

  /** The samples of a metric at a scrape now. */
  async metric(name: string): Promise<Sample[]> {
    return samplesOf(await this.scrape(), name)
  }

  async status(): Promise<Status> {
    return (await (await fetch(`${this.url}/status`)).json()) as Status // kec's own, as far as tests look at it
  }

  async sum(name: string): Promise<number> {
    return (await this.metric(name)).reduce((sum, { value }) => sum + value, 0)
  }

  async heard(pattern: RegExp): Promise<void> {
    await waitFor(`kec to say ${pattern}`, () => pattern.test(this.said))
  }

  /** Ends it, and answers its exit code. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<number | null> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return this.#child.exitCode
    this.#child.kill(signal)
    await once(this.#child, 'exit')
    return this.#child.exitCode
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGKILL')
    if (process.env.KEC_TEST_SHOW) console.error(this.said)
  }
}
