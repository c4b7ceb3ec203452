import { waitFor } from '../../wait-for.ts'

/** What etcd says was done to an event. Its mod_revision is what the API server calls resourceVersion. */
export interface Deed {
  readonly type: 'put' | 'delete'
  readonly namespace: string
  readonly name: string
  readonly resourceVersion: string
  /** Of a put only. */
  readonly uid?: string
  readonly count?: number
}

interface Message {
  readonly result?: {
    readonly header?: { readonly revision: string }
    readonly created?: boolean
    readonly events?: readonly {
      readonly type?: 'DELETE'
      readonly kv: { readonly key: string; readonly mod_revision: string; readonly value?: string }
    }[]
  }
  readonly error?: unknown
}

const prefix = '/registry/events/'

/** Watches the events in etcd itself, past the API server: nothing that happens to an event escapes it. */
export class Witness {
  readonly deeds: Deed[] = []
  #reached = 0n
  #failure: unknown
  readonly #stop = new AbortController()

  /** `after`: the revision behind which it begins; of now if none is given. */
  static async start(etcdUrl: string, after?: bigint): Promise<Witness> {
    const witness = new Witness()
    const key = (text: string) => Buffer.from(text).toString('base64')
    const create_request = {
      key: key(prefix),
      range_end: key(`${prefix.slice(0, -1)}0`), // '0' comes after '/'
      progress_notify: true,
      ...(after !== undefined && { start_revision: String(after + 1n) }),
    }
    const answer = await fetch(`${etcdUrl}/v3/watch`, {
      method: 'POST',
      body: JSON.stringify({ create_request }),
      signal: witness.#stop.signal,
    })
    if (!answer.body) throw new Error('the watch on etcd has no body')
    let created = false
    witness
      .#read(answer.body, () => {
        created = true
      })
      .catch(error => {
        witness.#failure = error
      })
    await waitFor('the watch on etcd', () => created || witness.#failed())
    return witness
  }

  /** Waits until everything up to this version was seen. It must be the version of an event. */
  async reached(resourceVersion: string): Promise<void> {
    await waitFor(`the witness to see ${resourceVersion}`, () => this.#reached >= BigInt(resourceVersion) || this.#failed())
  }

  /** The newest put of each uid. */
  lastPuts(): Map<string, Deed> {
    return new Map(this.puts().map(deed => [deed.uid ?? '', deed]))
  }

  puts(): Deed[] {
    return this.deeds.filter(({ type }) => type === 'put')
  }

  stop(): void {
    this.#stop.abort()
  }

  #failed(): boolean {
    if (this.#failure !== undefined) throw new Error('the watch on etcd broke', { cause: this.#failure })
    return false
  }

  async #read(body: ReadableStream<Uint8Array>, onCreated: () => void): Promise<void> {
    let rest = ''
    for await (const text of body.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) this.#take(JSON.parse(line) as Message, onCreated) // the gateway's documented shape
    }
    throw new Error('it ended')
  }

  #take({ result, error }: Message, onCreated: () => void): void {
    if (error !== undefined) throw new Error(JSON.stringify(error))
    if (result?.created) onCreated()
    for (const { type, kv } of result?.events ?? []) {
      const [namespace = '', name = ''] = Buffer.from(kv.key, 'base64').toString().slice(prefix.length).split('/')
      const deed = { namespace, name, resourceVersion: kv.mod_revision }
      if (type === 'DELETE') this.deeds.push({ type: 'delete', ...deed })
      else this.deeds.push({ type: 'put', ...deed, ...contents(kv.value ?? '') })
      this.#reached = BigInt(kv.mod_revision)
    }
  }
}

/** The API server of this suite stores JSON, so that a witness can read it. */
function contents(value: string): { uid: string; count: number } {
  const { metadata, series, count = 0 } = JSON.parse(Buffer.from(value, 'base64').toString())
  return { uid: metadata.uid, count: series?.count ?? count }
}
