import type { Log } from '@kec/plugin-api'
import type { Cluster } from '../cluster/cluster.ts'
import type { ClusterIdentity } from '../event.ts'
import { EventsApi } from './events-api.ts'
import type { Selection } from './groups.ts'
import { Ledger, replayCommit } from './ledger.ts'
import { takeOutGarbage } from './memory.ts'
import type { Position, Read } from './read.ts'
import { Stream } from './stream.ts'
import { defaultTiming, type Timing } from './timing.ts'

export interface SourceOptions {
  /** Read each of these by a list + watch of its own; none: all namespaces by one. */
  readonly include: readonly string[]
  readonly fieldSelector?: string | undefined
  readonly labelSelector?: string | undefined
}

/** What the source needs of the journal. */
export interface SourceStore {
  position(stream: string): Position | undefined
  ledgerTail(stream: string): {
    readonly snapshot: Uint8Array | undefined
    readonly commits: Iterable<{ readonly events: Parameters<typeof replayCommit>[1]; readonly ledger: string }>
  }
  saveLedger(stream: string, snapshot: Uint8Array): void
  /** Stores a read. If it throws, the read comes again. */
  save(read: Read): void
}

/** Where ledgers come from. */
export type LedgerStore = Pick<SourceStore, 'ledgerTail'>

/** A ledger is stored anew when reading what was committed since would take longer than reading it. */
const longTail = 50_000

/** The stream of all namespaces; no namespace can have this name. */
const allNamespaces = '*'

/** The name of the stream that reads this. */
export function streamOf({ namespace = allNamespaces }: Selection): string {
  return namespace
}

/** How a stream's position tells whether it was read with the same ones. */
export function selectorsOf({ fieldSelector = '', labelSelector = '' }: Selection): string {
  return `${fieldSelector};${labelSelector}`
}

/** All list + watches of one cluster. */
export class Source {
  readonly #streams: ReadonlyMap<string, { readonly stream: Stream; readonly ledger: Ledger; readonly api: EventsApi }>
  readonly #store: SourceStore
  readonly #log: Log

  constructor(
    cluster: Cluster,
    identity: ClusterIdentity,
    options: SourceOptions,
    store: SourceStore,
    log: Log,
    timing: Timing = defaultTiming,
  ) {
    this.#store = store
    this.#log = log
    this.#streams = new Map(
      selections(options).map(selection => {
        const key = streamOf(selection)
        const ledger = new Ledger()
        let tail = restoreLedger(ledger, store, key)
        takeOutGarbageOf(ledger)
        const api = new EventsApi(cluster, selection, group => log.info(`reading events through ${group} now`, { stream: key }))
        const save = (read: Read) => {
          store.save(read)
          tail += read.news.length + read.ledger.length
          if (tail < longTail || tail < ledger.size) return
          this.#saveLedger(key, ledger)
          tail = 0
        }
        const stream = new Stream({
          key,
          api,
          cluster: identity,
          ledger,
          position: store.position(key),
          selectors: selectorsOf(selection),
          save,
          log,
          timing,
        })
        return [key, { stream, ledger, api }]
      }),
    )
  }

  /** Reads until the signal aborts; then stores the ledgers, so that the next start is quick. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#streams.values()].map(({ stream }) => stream.run(signal)))
    for (const [key, { stream, ledger }] of this.#streams) if (stream.isSaved) this.#saveLedger(key, ledger)
  }

  /** Each stream by its name: a namespace, or `*`. */
  get streams() {
    return [...this.#streams].map(([name, { stream, ledger, api }]) => ({
      name,
      group: api.group,
      position: stream.position,
      liveEvents: ledger.size,
      ...stream.status,
    }))
  }

  /** It only makes the next start quicker: the read that it follows is stored, and must not come again if this fails. */
  #saveLedger(key: string, ledger: Ledger): void {
    try {
      this.#store.saveLedger(key, ledger.save())
      takeOutGarbageOf(ledger)
    } catch (error) {
      this.#log.warn(`could not store the ledger: ${error instanceof Error ? error.message : error}`, { stream: key })
    }
  }
}

/** What is asked for in each stream. */
export function selections({ include, fieldSelector, labelSelector }: SourceOptions): readonly Selection[] {
  const namespaces = include.length > 0 ? include : [undefined]
  return namespaces.map(namespace => ({ namespace, fieldSelector, labelSelector }))
}

/** A large ledger as bytes is megabytes of garbage, which an idle kec would keep for long. */
function takeOutGarbageOf(ledger: Ledger): void {
  if (ledger.size > longTail) takeOutGarbage()
}

/** Fills an empty ledger with what was committed. Answers how much of it was since the last snapshot, at least. */
export function restoreLedger(ledger: Ledger, store: LedgerStore, stream: string): number {
  const { snapshot, commits } = store.ledgerTail(stream)
  if (snapshot) ledger.load(snapshot)
  let tail = 0
  for (const { events, ledger: lines } of commits) {
    replayCommit(ledger, events, lines)
    tail += 1 + events.length
  }
  return tail
}
