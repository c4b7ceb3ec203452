import type { KubeEvent } from '@kec/plugin-api'
import { countOf, firstTimeOf, type RawEvent } from '../event.ts'
import { UidTable } from './uid-table.ts'
import { compareVersions } from './version.ts'

/** What counting needs of an event's version. */
export interface LedgerFacts {
  readonly uid: string
  readonly version: string
  readonly count: number
  readonly namespace: string
  readonly name: string
}

/** News, and how many occurrences it adds; or nothing new. */
export type Verdict = { readonly change: 'created' | 'updated'; readonly occurrences: number } | 'duplicate'

/** Of a name whose count may be carried on by a new event. */
interface NamedCount {
  readonly uid: string
  readonly count: number
  /** When the event went, in ms since 1970; undefined while it lives. */
  readonly gone: number | undefined
}

const maxNames = 100_000
const rememberGone = 24 * 3600_000
const minute = 60_000

/**
 * For each live event its newest version and the highest count seen, filtered or not: tells new from repeated and stale, and computes
 * occurrences = max(0, n - highest n seen).
 *
 * Recorders create an event anew, under the same name and with the old count + 1, once it has expired: so counts above 1 are remembered by
 * name as well, for a day beyond the event's end, 100,000 at most.
 */
export class Ledger {
  readonly #events = new UidTable()
  readonly #names = new Map<string, NamedCount>()
  readonly #now: () => number

  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  /** Live events. */
  get size(): number {
    return this.#events.size
  }

  /** Was this version of the event seen, or a newer one? Also of an event that is gone. */
  knows(uid: string, version: string): boolean {
    const slot = this.#events.find(uid)
    return slot >= 0 && this.#events.compare(slot, version) <= 0
  }

  /**
   * A version came by watch. `position` is where the stream stands: an unknown event that is before it is a late replay of one that is
   * gone.
   */
  watched(raw: RawEvent, facts: LedgerFacts, position: string): Verdict {
    const slot = this.#events.find(facts.uid)
    if (slot < 0) {
      if (compareVersions(facts.version, position) < 0) return 'duplicate'
      return this.#add(raw, facts)
    }
    if (this.#events.compare(slot, facts.version) <= 0) return 'duplicate'
    return this.#update(slot, facts)
  }

  /**
   * A version came by list. `recount`: the API server's history was replaced, so versions can't be compared with those before; the count
   * alone tells what is new.
   */
  listed(raw: RawEvent, facts: LedgerFacts, recount: boolean): Verdict {
    const slot = this.#events.find(facts.uid)
    if (slot < 0) return this.#add(raw, facts)
    const age = this.#events.compare(slot, facts.version)
    const more = facts.count > this.#events.count(slot)
    if (recount ? more : age > 0 || (age < 0 && more)) return this.#update(slot, facts)
    if (recount) this.#events.update(slot, facts.version, this.#events.count(slot))
    if (recount || age === 0 || this.#events.isAlive(slot)) this.#events.revive(slot)
    return 'duplicate'
  }

  /** An event is gone: it expired, was deleted, or left the selector. Its count stays known. */
  removed(facts: LedgerFacts): void {
    const slot = this.#events.find(facts.uid)
    if (slot < 0) this.#events.insert(facts.uid, facts.version, facts.count, false)
    else if (this.#events.compare(slot, facts.version) >= 0) {
      this.#events.update(slot, facts.version, Math.max(this.#events.count(slot), facts.count))
      this.#events.kill(slot)
    } else return
    const key = `${facts.namespace}/${facts.name}`
    const named = this.#names.get(key)
    if (named?.uid === facts.uid) this.#remember(key, { ...named, gone: this.#now() })
  }

  /** Takes over an entry as it was committed, without judging it. */
  restore(facts: LedgerFacts, recount: boolean): void {
    const slot = this.#events.find(facts.uid)
    if (slot < 0) this.#events.insert(facts.uid, facts.version, facts.count, true)
    else if (recount || this.#events.compare(slot, facts.version) > 0) {
      this.#events.update(slot, facts.version, Math.max(this.#events.count(slot), facts.count))
      this.#events.revive(slot)
    }
    this.#rememberCount(facts)
  }

  beginList(): void {
    this.#events.beginList()
  }

  /** What the list did not show is gone. */
  endList(): void {
    this.#events.killUnseen()
    for (const [key, named] of this.#names) {
      if (named.gone !== undefined) continue
      const slot = this.#events.find(named.uid)
      if (slot < 0 || !this.#events.isAlive(slot)) this.#names.set(key, { ...named, gone: this.#now() })
    }
  }

  save(): Uint8Array {
    const names = Buffer.from(JSON.stringify([...this.#names].map(([key, { uid, count, gone }]) => [key, uid, count, gone ?? null])))
    const head = Buffer.alloc(4)
    head.writeUInt32BE(names.length)
    return this.#events.save(Buffer.concat([head, names]))
  }

  load(saved: Uint8Array): void {
    const bytes = Buffer.from(saved.buffer, saved.byteOffset, saved.byteLength)
    const end = 4 + bytes.readUInt32BE()
    const names: [string, string, number, number | null][] = JSON.parse(bytes.toString('utf8', 4, end))
    for (const [key, uid, count, gone] of names) this.#names.set(key, { uid, count, gone: gone ?? undefined })
    this.#events.load(bytes.subarray(end))
  }

  #add(raw: RawEvent, facts: LedgerFacts): Verdict {
    const { uid, version, count, namespace, name } = facts
    let occurrences = count
    if (count > 1) {
      const before = this.#countBefore(`${namespace}/${name}`)
      if (before !== undefined && count > before) occurrences = count - before
      else if (before === undefined && isOlderThanItself(raw)) occurrences = 1
    } else if (this.#names.size > 0) {
      this.#names.delete(`${namespace}/${name}`)
    }
    this.#events.insert(uid, version, count, true)
    this.#rememberCount(facts)
    return { change: 'created', occurrences }
  }

  #update(slot: number, facts: LedgerFacts): Verdict {
    const highest = this.#events.count(slot)
    this.#events.update(slot, facts.version, Math.max(highest, facts.count))
    this.#events.revive(slot)
    this.#rememberCount(facts)
    return { change: 'updated', occurrences: Math.max(0, facts.count - highest) }
  }

  #countBefore(key: string): number | undefined {
    const named = this.#names.get(key)
    if (named === undefined) return undefined
    return named.gone !== undefined && this.#now() - named.gone > rememberGone ? undefined : named.count
  }

  #rememberCount({ uid, count, namespace, name }: LedgerFacts): void {
    if (count <= 1) return
    const key = `${namespace}/${name}`
    const named = this.#names.get(key)
    if (named?.uid === uid && named.count >= count) return
    this.#remember(key, { uid, count, gone: undefined })
  }

  /** The longest untouched name gives way. */
  #remember(key: string, named: NamedCount): void {
    this.#names.delete(key)
    this.#names.set(key, named)
    if (this.#names.size <= maxNames) return
    for (const oldest of this.#names.keys()) {
      this.#names.delete(oldest)
      break
    }
  }
}

/** Created long after it first happened: a recorder wrote it again after it had expired, and its count began in an event not seen. */
function isOlderThanItself(raw: RawEvent): boolean {
  const first = Date.parse(firstTimeOf(raw) ?? '')
  const created = Date.parse(raw.metadata?.creationTimestamp ?? '')
  return created - first > 5 * minute
}

/** What the ledger needs of an object from the API server; undefined if it has no uid or no version, as no real one does. */
export function ledgerFacts(raw: RawEvent): LedgerFacts | undefined {
  const { uid, resourceVersion: version, namespace = '', name = '' } = raw.metadata ?? {}
  if (typeof uid !== 'string' || version === undefined) return undefined
  return { uid, version, count: countOf(raw), namespace, name }
}

/** One committed entry: a line of text. `gone` for an event that was removed. */
export function ledgerLine({ uid, version, count, namespace, name }: LedgerFacts, gone = false): string {
  return JSON.stringify([uid, version, count, namespace, name, ...(gone ? [1] : [])])
}

/**
 * Stands first in the text of a commit whose versions can't be compared with those before: the history was replaced. The text then has a line
 * for each event of the commit, journaled or not.
 */
export const recountLine = '["recount"]'

/** Brings a ledger up to what was committed after its snapshot: the journaled events, and the lines of what was not journaled. */
export function replayCommit(ledger: Ledger, events: readonly KubeEvent[], text: string): void {
  const lines = text === '' ? [] : text.split('\n')
  const recount = lines[0] === recountLine
  for (const event of events) ledger.restore(factsOf(event), false)
  for (const line of recount ? lines.slice(1) : lines) {
    const [uid, version, count, namespace, name, gone]: [string, string, number, string, string, 1?] = JSON.parse(line)
    const facts = { uid, version, count, namespace, name }
    if (gone) ledger.removed(facts)
    else ledger.restore(facts, recount)
  }
}

/** The text that says the same of a commit whose events are gone. */
export function foldCommit(events: readonly KubeEvent[], text: string): string {
  // A text that recounts has a line for each event already, and must begin with its mark.
  if (text.startsWith(recountLine)) return text
  return [...events.map(event => ledgerLine(factsOf(event))), ...(text === '' ? [] : [text])].join('\n')
}

/** The same facts from kec's own shape. */
export function factsOf({ uid, resourceVersion, count, namespace, name }: KubeEvent): LedgerFacts {
  return { uid, version: resourceVersion, count, namespace, name }
}
