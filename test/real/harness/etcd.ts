import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { path } from './assets.ts'
import { freePort, Server } from './process.ts'

/** An etcd of one member, spoken to through its JSON gateway. Its files and ports stay the same over restarts. */
export class Etcd {
  readonly url: string
  readonly #peerUrl: string
  readonly #folder: string
  #server: Server | undefined

  private constructor(folder: string, port: number, peerPort: number) {
    this.#folder = folder
    this.url = `http://127.0.0.1:${port}`
    this.#peerUrl = `http://127.0.0.1:${peerPort}`
  }

  static async start(folder: string): Promise<Etcd> {
    const etcd = new Etcd(folder, await freePort(), await freePort())
    await etcd.start()
    return etcd
  }

  async start(): Promise<void> {
    const args = [
      ...['--data-dir', join(this.#folder, 'data')],
      ...['--listen-client-urls', this.url, '--advertise-client-urls', this.url],
      ...['--listen-peer-urls', this.#peerUrl, '--initial-advertise-peer-urls', this.#peerUrl],
      ...['--initial-cluster', `default=${this.#peerUrl}`, '--unsafe-no-fsync'],
    ]
    this.#server = new Server(path('etcd'), args, 'etcd', `${this.#folder}.log`)
    await this.#server.ready(async () => (await this.revision()) > 0n)
  }

  async kill(): Promise<void> {
    await this.#server?.end('SIGKILL')
  }

  /** Loses all its data and comes back empty, under whoever uses it. */
  async wipe(): Promise<void> {
    await this.kill()
    rmSync(join(this.#folder, 'data'), { recursive: true })
    await this.start()
  }

  async revision(): Promise<bigint> {
    const { header } = await this.#call('/v3/maintenance/status', {})
    return BigInt(header.revision)
  }

  /** Forgets the history before this revision, of now if none is given. What is forgotten answers 410 from then on. */
  async compact(revision?: bigint): Promise<bigint> {
    const at = revision ?? (await this.revision())
    await this.#call('/v3/kv/compaction', { revision: String(at), physical: true })
    return at
  }

  async #call(route: string, body: unknown): Promise<{ header: { revision: string } }> {
    const answer = await fetch(this.url + route, { method: 'POST', body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(`etcd ${route}: ${answer.status} ${await answer.text()}`)
    return (await answer.json()) as { header: { revision: string } } // the gateway's documented shape
  }
}
