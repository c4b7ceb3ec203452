import { type ClusterIdentity, encodeRecord, frameOf, normalise, type RawEvent } from '../event.ts'
import type { HeldEvent } from './events-api.ts'
import type { Frame } from './frames.ts'
import { type Ledger, type LedgerFacts, ledgerFacts, ledgerLine, recountLine, type Verdict } from './ledger.ts'
import type { News, Position, Read } from './read.ts'
import { compareVersions, isVersion } from './version.ts'

/** Those that go first leave others to ask for. */
const maxHeld = 16

/**
 * Takes the objects of one read and makes the Read of them: what is news by the ledger, and where the stream stands then. `before` is the
 * position that it starts from; its epoch and `historical` are those of the events.
 */
export class Intake {
  readonly #ledger: Ledger
  readonly #cluster: ClusterIdentity
  readonly #stream: string
  readonly #before: Position
  readonly #news: News[] = []
  readonly #lines: string[] = []
  /** Each time that an event was seen, the newest last. */
  readonly #seen: HeldEvent[]
  readonly #gone = new Set<string>()
  readonly #anchors: Map<string, HeldEvent>
  readonly #counts = { added: 0, modified: 0, listed: 0, duplicates: 0 }
  #version: string
  #newest: string
  /** Objects without uid or version: no real API server sends one. */
  unusable = 0

  constructor(stream: string, ledger: Ledger, cluster: ClusterIdentity, before: Position) {
    this.#stream = stream
    this.#ledger = ledger
    this.#cluster = cluster
    this.#before = before
    this.#version = before.version
    this.#seen = [...before.held]
    this.#anchors = new Map(before.anchors.map(event => [event.uid, event]))
    this.#newest = before.held.at(-1)?.version ?? ''
  }

  /** A frame of the watch, other than ERROR. */
  watched(frame: Frame): void {
    const { type, object } = frame
    if (type === 'BOOKMARK') {
      this.#moveTo(object.metadata?.resourceVersion)
      return
    }
    const facts = usable(object)
    if (facts === undefined) {
      this.unusable++
      return
    }
    if (type === 'DELETED') {
      this.#ledger.removed(facts)
      this.#lines.push(ledgerLine(facts, true))
      this.#gone.add(facts.uid)
      this.#anchors.delete(facts.uid)
    } else {
      if (type === 'ADDED') this.#counts.added++
      else this.#counts.modified++
      const verdict = this.#ledger.watched(object, facts, this.#version)
      this.#take(object, facts, verdict, frame.bytes)
      if (verdict !== 'duplicate') this.#hold(facts)
    }
    this.#moveTo(facts.version)
  }

  /** An object of a list. `recount`: its history is another one than the ledger's. */
  listed(object: RawEvent, recount: boolean): void {
    const facts = usable(object)
    if (facts === undefined) {
      this.unusable++
      return
    }
    this.#counts.listed++
    const verdict = this.#ledger.listed(object, facts, recount)
    if (recount) {
      if (this.#lines.length === 0) this.#lines.push(recountLine)
      this.#lines.push(ledgerLine(facts))
    }
    this.#take(object, facts, verdict)
    if (compareVersions(facts.version, this.#newest) > 0) this.#hold(facts)
  }

  /** What was taken, with the position after it; `changes` are what the caller knows better. */
  read(changes: Partial<Position>, gap?: Read['gap']): Read {
    return {
      stream: this.#stream,
      news: this.#news,
      position: { ...this.#before, version: this.#version, held: this.held, anchors: [...this.#anchors.values()], ...changes },
      ledger: this.#lines,
      counts: this.#counts,
      gap,
    }
  }

  /** The newest events that are held, the newest last. */
  get held(): readonly HeldEvent[] {
    const held = new Map<string, HeldEvent>()
    for (let i = this.#seen.length - 1; i >= 0 && held.size < maxHeld; i--) {
      const event = this.#seen[i]
      if (event !== undefined && !held.has(event.uid) && !this.#gone.has(event.uid)) held.set(event.uid, event)
    }
    return [...held.values()].reverse()
  }

  #take(object: RawEvent, facts: LedgerFacts, verdict: Verdict, frame?: Uint8Array): void {
    if (verdict === 'duplicate') {
      this.#counts.duplicates++
      return
    }
    const { epoch } = this.#before
    const historical = epoch === 1 && compareVersions(facts.version, this.#before.historical) <= 0
    const { change, occurrences } = verdict
    const eventFacts = { change, historical, occurrences, epoch }
    const line = encodeRecord(eventFacts, frame ?? Buffer.from(`{"type":"LISTED","object":${JSON.stringify(object)}}`))
    this.#news.push({ event: normalise(object, eventFacts, this.#cluster, frameOf(line)), line })
  }

  #moveTo(version: string | undefined): void {
    if (isVersion(version) && compareVersions(version, this.#version) > 0) this.#version = version
  }

  #hold({ uid, namespace, name, version }: LedgerFacts): void {
    const event = { namespace, name, uid, version }
    this.#newest = version
    this.#seen.push(event)
    if (this.#gone.size > 0) this.#gone.delete(uid)
    if (this.#anchors.size < maxHeld || this.#anchors.has(uid)) this.#anchors.set(uid, event)
  }
}

function usable(object: RawEvent): LedgerFacts | undefined {
  const facts = ledgerFacts(object)
  return facts !== undefined && isVersion(facts.version) ? facts : undefined
}
