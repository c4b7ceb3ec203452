import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster } from '../cluster/cluster.ts'
import type { Settings } from '../config/schema.ts'
import { KecError } from '../errors.ts'
import { type ClusterIdentity, normalise } from '../event.ts'
import { createFilter } from '../filter/decide.ts'
import type { JournalReader } from '../journal/read-only.ts'
import { EventsApi } from '../source/events-api.ts'
import type { Selection } from '../source/groups.ts'
import { Ledger } from '../source/ledger.ts'
import { listAll } from '../source/list-all.ts'
import { takeOutGarbage } from '../source/memory.ts'
import type { Position } from '../source/read.ts'
import { restoreLedger, selectorsOf, streamOf } from '../source/source.ts'
import { compareVersions } from '../source/version.ts'
import { Comparison, type ListedEvent, type Verdict } from './comparison.ts'
import { thousands } from './text.ts'

/** What was found out about one stream. */
export interface StreamCheck extends Verdict {
  readonly name: string
  /** Of the list. */
  readonly version: string
  /** Why what is unexplained is not in the journal: `lost` if there is no good reason. */
  readonly explanation: 'let go' | 'dropped otherwise' | 'lost'
}

/** Numbers that the journal should have between others, and has not. */
export interface Hole {
  readonly first: number
  readonly last: number
}

/** ms to wait for what is on its way. A quiet API server says once in a minute how far it is. */
const patience = 75_000
const pause = 250
const chunk = 500
/** Events. */
const garbageAfter = 8_000

interface CheckSetup {
  readonly reader: JournalReader
  readonly cluster: Cluster
  readonly identity: ClusterIdentity
  readonly selection: Selection
  readonly settings: Settings
  readonly running: boolean
  readonly say: (text: string) => void
  /** By their first number. */
  readonly holes: Map<number, Hole>
}

/** Looks at one stream: what the API server holds of it, and what became of that. */
export class StreamChecker {
  readonly #setup: CheckSetup
  readonly #name: string
  readonly #comparison: Comparison
  /** The journal was looked at up to this number. */
  #scanned: number
  /** Events made since the garbage was taken out. */
  #made = 0

  constructor(setup: CheckSetup) {
    const { settings, selection, reader } = setup
    this.#setup = setup
    this.#name = streamOf(selection)
    const filter = createFilter({ ...settings.filter, excludeNamespaces: settings.source.namespaces?.exclude }, [], () => undefined)
    const skips = settings.source.startFrom === 'now'
    this.#comparison = new Comparison(event => (skips && event.historical ? 'history' : filter.decide(event)))
    this.#scanned = reader.oldest - 1
  }

  async run(stop: AbortSignal): Promise<StreamCheck> {
    const version = await this.#list(stop)
    const giveUp = performance.now() + patience
    for (;;) {
      // First the position: what is read after it holds all that the position stands for.
      const position = this.#position?.version ?? ''
      this.#scan()
      const verdict = this.#comparison.verdict(this.#ledger(), position)
      const isDone = verdict.late.length === 0 || !this.#setup.running || performance.now() > giveUp
      if (isDone) return { name: this.#name, version, ...this.#sure(verdict, position), explanation: this.#explanation }
      this.#setup.say(`waiting for ${thousands(verdict.late.length)} events that are on their way`)
      await this.#wait(verdict.late, giveUp, stop)
    }
  }

  async #list(stop: AbortSignal): Promise<string> {
    const { cluster, identity, selection, say } = this.#setup
    const position = this.#position
    const api = new EventsApi(cluster, selection, () => undefined)
    if (position && position.selectors !== selectorsOf(selection))
      throw new KecError(
        'KEC_CONFIG',
        'The configuration has other selectors than those that the journal was filled with.',
        'Start kec with this configuration first, or name with --config the one that it runs with.',
      )
    return listAll(
      api,
      stop,
      () => this.#comparison.begin(),
      (items, remaining) => {
        for (const item of items) {
          const before = compareVersions(item.metadata?.resourceVersion ?? '', position?.historical ?? '') <= 0
          const facts = { change: 'created', historical: before, occurrences: 1, epoch: 1 } as const
          this.#comparison.listed(normalise(item, facts, identity))
        }
        this.#note(items.length)
        const all = remaining === undefined ? '' : ` of ${thousands(this.#comparison.size + remaining)}`
        say(`listing: ${thousands(this.#comparison.size)}${all} events`)
      },
    )
  }

  /** What came into the journal since the last time. */
  #scan(): void {
    const { reader, say, holes } = this.#setup
    const { head, oldest } = reader
    if (this.#scanned < oldest - 1) this.#scanned = oldest - 1 // the journal let go of some meanwhile
    while (this.#scanned < head) {
      const { first, events } = reader.read(this.#scanned, Math.min(chunk, head - this.#scanned))
      const next = events.length === 0 ? head + 1 : first
      if (next > this.#scanned + 1 && this.#scanned + 1 >= reader.oldest)
        holes.set(this.#scanned + 1, { first: this.#scanned + 1, last: next - 1 })
      for (const event of events) this.#comparison.journaled(event)
      this.#scanned = next + events.length - 1
      this.#note(events.length)
      say(`reading the journal: ${thousands(this.#scanned)} of ${thousands(head)} events`)
    }
  }

  /** In a pod the command shares its memory with kec: it must not take much. */
  #note(events: number): void {
    this.#made += events
    if (this.#made < garbageAfter) return
    takeOutGarbage()
    this.#made = 0
  }

  /** A running kec may have changed the file between two readings of the ledger: what is missing must be so twice. */
  #sure(verdict: Verdict, position: string): Verdict {
    if (verdict.missing.length === 0 || !this.#setup.running) return verdict
    return this.#comparison.verdict(this.#ledger(), position)
  }

  /** Until the stream's position is past all of them, or it is time to give up. */
  async #wait(late: readonly ListedEvent[], giveUp: number, stop: AbortSignal): Promise<void> {
    const newest = late.reduce((most, { version }) => (compareVersions(version, most) > 0 ? version : most), '')
    while (compareVersions(this.#position?.version ?? '', newest) < 0 && performance.now() <= giveUp)
      await sleep(pause, undefined, { signal: stop })
  }

  #ledger(): Ledger {
    const ledger = new Ledger()
    restoreLedger(ledger, this.#setup.reader, this.#name)
    return ledger
  }

  get #position(): Position | undefined {
    return this.#setup.reader.positions.get(this.#name) as Position | undefined // the source wrote it
  }

  get #explanation(): StreamCheck['explanation'] {
    const { reader, holes } = this.#setup
    if (holes.size > 0) return 'lost'
    if (reader.oldest > 1) return 'let go'
    const { counts } = reader
    const dropped = Object.keys(counts).some(name => name === 'history_skipped' || name.startsWith('filtered:'))
    return dropped ? 'dropped otherwise' : 'lost'
  }
}
