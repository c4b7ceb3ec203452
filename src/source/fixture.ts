import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { KubeEvent } from '@kec/plugin-api'
import type { Cluster } from '../cluster/cluster.ts'
import { connectCluster } from '../cluster/connect.ts'
import type { Asked } from '../sandbox/faults.ts'
import { type Sandbox, type SandboxOptions, startSandbox } from '../sandbox/sandbox.ts'
import type { Position, Read } from './read.ts'
import { Source, type SourceOptions, type SourceStore } from './source.ts'
import type { Timing } from './timing.ts'

/** Waits are short, and what a test does not ask for does not happen while it runs. */
const timing: Timing = { watchSeconds: [60, 60], watchSlack: 60_000, silence: 60_000, backoff: [1, 8] }

/** Resolves when the check holds; rejects, with what was waited for, if it never does. */
export async function until(what: string, check: () => unknown): Promise<void> {
  for (const end = performance.now() + 20_000; !check(); await sleep(1)) assert.ok(performance.now() < end, `waited for ${what}`)
}

/** A journal in memory. */
class Kept implements SourceStore {
  readonly reads: Read[] = []
  readonly snapshots: string[] = []
  /** So many reads are not taken. */
  refusals = 0
  refused = 0
  /** Nothing is stored any more. */
  dead = false
  /** Called after each read that was taken. */
  onSave: (read: Read) => void = () => undefined
  readonly #ledgers = new Map<string, { readonly snapshot: Uint8Array; readonly reads: number }>()

  position(stream: string): Position | undefined {
    return this.reads.findLast(read => read.stream === stream)?.position
  }

  ledgerTail(stream: string): ReturnType<SourceStore['ledgerTail']> {
    const { snapshot, reads = 0 } = this.#ledgers.get(stream) ?? {}
    const tail = this.reads.slice(reads).filter(read => read.stream === stream)
    return { snapshot, commits: tail.map(({ news, ledger }) => ({ events: news.map(({ event }) => event), ledger: ledger.join('\n') })) }
  }

  saveLedger(stream: string, snapshot: Uint8Array): void {
    if (this.dead) return
    this.snapshots.push(stream)
    this.#ledgers.set(stream, { snapshot, reads: this.reads.length })
  }

  save(read: Read): void {
    if (this.refusals > 0 || this.dead) {
      this.refusals--
      this.refused++
      throw new Error('no space left')
    }
    this.reads.push(read)
    this.onSave(read)
  }
}

/** A source, a sandbox before it, a journal in memory behind it. */
export class Rig implements AsyncDisposable {
  readonly sandbox: Sandbox
  readonly cluster: Cluster
  readonly kept = new Kept()
  readonly warnings: string[] = []
  readonly kubeconfig: string
  source!: Source // start() sets it
  stopping = new AbortController()
  #running: Promise<void> = Promise.resolve()
  readonly #folder: string

  private constructor(sandbox: Sandbox, cluster: Cluster, folder: string, kubeconfig: string) {
    this.sandbox = sandbox
    this.cluster = cluster
    this.#folder = folder
    this.kubeconfig = kubeconfig
  }

  static async make(options?: SandboxOptions): Promise<Rig> {
    const sandbox = await startSandbox(options)
    const folder = mkdtempSync(join(tmpdir(), 'kec-source-'))
    const kubeconfig = join(folder, 'kubeconfig')
    writeFileSync(kubeconfig, sandbox.kubeconfig)
    return new Rig(sandbox, await connectCluster({ kubeconfig }), folder, kubeconfig)
  }

  start(options: Partial<SourceOptions> & { timing?: Partial<Timing>; cluster?: Cluster } = {}): void {
    const { timing: changes, cluster = this.cluster, ...selection } = options
    const log = { debug() {}, info() {}, error() {}, warn: (text: string) => void this.warnings.push(text) }
    this.stopping = new AbortController()
    const identity = { name: 'sandbox', uid: 'c' }
    this.source = new Source(cluster, identity, { include: [], ...selection }, this.kept, log, { ...timing, ...changes })
    this.#running = this.source.run(this.stopping.signal)
  }

  async stop(): Promise<void> {
    this.stopping.abort()
    await this.#running
  }

  /** Ends without storing anything more. */
  async kill(): Promise<void> {
    this.kept.dead = true
    await this.stop()
    this.kept.dead = false
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    await this.cluster.close()
    await this.sandbox.close()
    rmSync(this.#folder, { recursive: true })
  }

  create(name: string, fields: { count?: number; message?: string } = {}) {
    return this.sandbox.store.create({ metadata: { name }, ...fields })
  }

  /** The first stream. */
  get stream() {
    const [stream] = this.source.streams
    if (stream === undefined) assert.fail('there is no stream')
    return stream
  }

  get news(): readonly KubeEvent[] {
    return this.kept.reads.flatMap(({ news }) => news.map(({ event }) => event))
  }

  get names(): readonly string[] {
    return this.news.map(({ name }) => name)
  }

  get gaps() {
    return this.kept.reads.flatMap(({ gap }) => gap ?? [])
  }

  /** What was asked of events, in short, from the request `from` on. */
  asked(from = 0): readonly string[] {
    return this.#requests.slice(from).map(({ query }) => {
      if (query.get('watch')) return 'watch'
      if (query.get('resourceVersionMatch') === 'Exact') return 'exact'
      if (query.get('fieldSelector')?.includes('metadata.name=')) return 'named'
      if (query.get('continue')) return `continue ${query.get('limit')}`
      return `list ${query.get('limit')}`
    })
  }

  get #requests(): readonly Asked[] {
    return this.sandbox.requests.filter(({ resource }) => resource === 'events')
  }

  /** Until an open watch has brought all that there is. */
  async caughtUp(): Promise<void> {
    const behind = ({ position }: { position: Position }) => BigInt(position.version || 0) < BigInt(this.sandbox.store.head)
    await until('the watch to catch up', () => {
      const { streams } = this.source
      return this.sandbox.watches.size >= streams.length && streams.every(stream => stream.connected) && !streams.every(behind)
    })
  }

  /** Until the event came under this name. */
  async came(name: string, times = 1): Promise<void> {
    await until(`${name} to come`, () => this.names.filter(one => one === name).length >= times)
  }

  /** So long that whoever wants to ask at once has asked. */
  async breath(): Promise<void> {
    for (let i = 0; i < 20; i++) await (await this.cluster.request('/healthz')).body.dump()
  }

  cut(): void {
    for (const watch of this.sandbox.watches) watch.cut()
  }

  /** History moves on, but not for events; then it is forgotten. */
  async expire(): Promise<void> {
    this.sandbox.add('namespaces', { name: `n${this.sandbox.store.head}` })
    this.sandbox.add('namespaces', { name: `n${this.sandbox.store.head}` })
    this.sandbox.compact()
  }
}

export const watches = { when: ({ verb, resource }: Asked) => verb === 'watch' && resource === 'events' }
export const ofEvents = { when: ({ resource }: Asked) => resource === 'events' }
