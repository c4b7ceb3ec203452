import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, Server, temporaryFolder } from './process.ts'

const password = 'password-of-the-test'

/** Why no Elasticsearch can be started here, or false. With CI=true a script that is named and not there throws. */
export function noElasticsearch(): string | false {
  const { KEC_ELASTICSEARCH: script, CI } = process.env
  if (script && existsSync(script)) return false
  const why = `KEC_ELASTICSEARCH (${script ?? 'which is not set'}) names no script that starts an Elasticsearch: start --port P --data DIR --password PW`
  if (script && CI === 'true') throw new Error(why)
  return why
}

interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: what a test asks for it knows; a wrong guess is a failed test.
  readonly body: any
}

/** What a search answers with. */
interface Hit {
  readonly _id: string
  readonly _index: string
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  readonly _source: any
}

/** A real Elasticsearch with security on, in a folder that goes with this process. It can be killed, and started again on the same address. */
export class RealElasticsearch implements AsyncDisposable {
  readonly url: string
  readonly port: number
  /** The superuser. */
  readonly user = { username: 'elastic', password }
  readonly #folder = temporaryFolder()
  readonly #settings: readonly string[]
  #server: Server | undefined

  private constructor(port: number, settings: readonly string[]) {
    this.port = port
    this.#settings = settings
    this.url = `http://127.0.0.1:${port}`
  }

  /** With settings such as `http.max_content_length=64kb`. */
  static async start(...settings: readonly string[]): Promise<RealElasticsearch> {
    const elasticsearch = new RealElasticsearch(await freePort(), settings)
    mkdirSync(join(elasticsearch.#folder, 'data/config'), { recursive: true })
    await elasticsearch.start()
    return elasticsearch
  }

  /** Until it has the data of before. */
  async start(): Promise<void> {
    const args = ['start', '--port', String(this.port), '--data', join(this.#folder, 'data'), '--password', password]
    args.push(...this.#settings.flatMap(setting => ['-E', setting]))
    this.#server = new Server(process.env.KEC_ELASTICSEARCH ?? '', args, 'elasticsearch', join(this.#folder, 'log'))
    await this.#server.ready(async () => (await this.ask('GET', '/_cluster/health?wait_for_status=yellow&timeout=1s')).status === 200)
  }

  /** SIGKILL is kill -9. */
  async stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await this.#server?.end(signal)
  }

  /** It hangs: connections stay, no answer comes. */
  pause(): void {
    if (this.#server) process.kill(this.#server.pid, 'SIGSTOP')
  }

  resume(): void {
    if (this.#server) process.kill(this.#server.pid, 'SIGCONT')
  }

  /** Users beside the superuser, by name: their password, and the privileges of their role. It reads them within 5 s. */
  users(users: Readonly<Record<string, { readonly password: string; readonly role: object }>>): void {
    const file = (name: string, lines: readonly string[]) =>
      writeFileSync(join(this.#folder, 'data/config', name), lines.map(line => `${line}\n`).join(''))
    const entries = Object.entries(users)
    file(
      'roles.yml',
      entries.map(([name, { role }]) => `role-${name}: ${JSON.stringify(role)}`),
    )
    file(
      'users',
      entries.map(([name, { password }]) => `${name}:${password}`),
    )
    file(
      'users_roles',
      entries.map(([name]) => `role-${name}:${name}`),
    )
  }

  async ask(method: string, path: string, body?: object): Promise<Answer> {
    const authorization = `Basic ${Buffer.from(`elastic:${password}`).toString('base64')}`
    const headers = { authorization, 'content-type': 'application/json' }
    const answer = await fetch(`${this.url}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) })
    return { status: answer.status, body: await answer.json() }
  }

  /** As `ask`; what is refused is an error. */
  async do(method: string, path: string, body?: object): Promise<Answer['body']> {
    const answer = await this.ask(method, path, body)
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return answer.body
  }

  /** How many documents there are now; 0 if there is no such stream yet, or it does not answer. */
  async count(index: string): Promise<number> {
    const refreshed = await this.ask('POST', `/${index}/_refresh`).catch(() => undefined)
    if (refreshed?.status !== 200) return 0
    return (await this.do('GET', `/${index}/_count`)).count
  }

  /** Every document there is now. */
  async all(index: string): Promise<Hit[]> {
    await this.do('POST', `/${index}/_refresh`)
    const found: Hit[] = []
    for (let after: unknown[] | undefined; ; ) {
      const sort = [{ 'event.id': 'asc' }, { _doc: 'asc' }]
      const query = { size: 5_000, sort, ...(after && { search_after: after }) }
      const { hits } = (await this.do('POST', `/${index}/_search`, query)).hits
      if (hits.length === 0) return found
      found.push(...hits)
      after = hits.at(-1).sort
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGKILL')
  }
}
