import type { KubeEvent } from '@kec/plugin-api'
import type { Ledger } from '../source/ledger.ts'
import { compareVersions } from '../source/version.ts'

/** An event that the API server holds, as far as it is to be told. */
export interface ListedEvent {
  readonly uid: string
  readonly version: string
  readonly namespace: string
  readonly name: string
  readonly reason: string
}

interface Entry extends ListedEvent {
  /** Why the configuration does not want it in the journal. */
  readonly cause: string | undefined
  journaled: boolean
}

/** What became of the events of one stream that the API server holds. */
export interface Verdict {
  readonly listed: number
  readonly journaled: number
  /** Seen, and not wanted: by cause, as `level`, `drop` or `history`. */
  readonly unwanted: Readonly<Record<string, number>>
  /** Seen, wanted, and not in the journal. */
  readonly unexplained: readonly ListedEvent[]
  /** Not seen, though what is newer was. */
  readonly missing: readonly ListedEvent[]
  /** Not seen yet. */
  readonly late: readonly ListedEvent[]
}

/** Compares what the API server holds with what kec saw of it. */
export class Comparison {
  readonly #decide: (event: KubeEvent) => string | undefined
  #entries = new Map<string, Entry>()
  /** The same text once: there are few namespaces and reasons, and many events. */
  readonly #texts = new Map<string, string>()

  /** `decide`: why the configuration does not want an event. */
  constructor(decide: (event: KubeEvent) => string | undefined) {
    this.#decide = decide
  }

  /** The list begins, perhaps again. */
  begin(): void {
    this.#entries = new Map()
  }

  get size(): number {
    return this.#entries.size
  }

  listed(event: KubeEvent): void {
    const { uid, resourceVersion: version, namespace, name, reason } = event
    const cause = this.#decide(event)
    this.#entries.set(uid, { uid, version, namespace: this.#once(namespace), name, reason: this.#once(reason), cause, journaled: false })
  }

  /** The journal has this version. */
  journaled({ uid, resourceVersion }: KubeEvent): void {
    const entry = this.#entries.get(uid)
    if (entry && compareVersions(resourceVersion, entry.version) >= 0) entry.journaled = true
  }

  /** `position`: what is up to this version was seen, if it was seen at all. */
  verdict(ledger: Ledger, position: string): Verdict {
    const unwanted: Record<string, number> = {}
    const unexplained: ListedEvent[] = []
    const missing: ListedEvent[] = []
    const late: ListedEvent[] = []
    let journaled = 0
    for (const { cause, journaled: isThere, ...event } of this.#entries.values()) {
      if (isThere) journaled += 1
      else if (ledger.knows(event.uid, event.version)) {
        if (cause === undefined) unexplained.push(event)
        else unwanted[cause] = (unwanted[cause] ?? 0) + 1
      } else if (compareVersions(event.version, position) <= 0) missing.push(event)
      else late.push(event)
    }
    return { listed: this.size, journaled, unwanted, unexplained, missing, late }
  }

  #once(text: string): string {
    const known = this.#texts.get(text)
    if (known !== undefined) return known
    this.#texts.set(text, text)
    return text
  }
}
