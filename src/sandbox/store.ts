import { fresh, type Incoming, type Stored } from './object.ts'

export interface Change {
  readonly revision: bigint
  readonly key: string
  /** Undefined: deleted. */
  readonly object: Stored | undefined
  /** Undefined: created. */
  readonly previous: Stored | undefined
}

interface Version {
  readonly revision: bigint
  readonly object: Stored | undefined
  /** When it was written, as Date.now() tells. */
  readonly time: number
}

interface Entry {
  readonly key: string
  /** Ascending. */
  versions: Version[]
}

/** The revisions of one etcd; stores may share one. */
export interface Revisions {
  last: bigint
}

function at(entry: Entry, revision: bigint): Stored | undefined {
  for (let i = entry.versions.length - 1; i >= 0; i--) {
    const version = entry.versions[i]
    if (version && version.revision <= revision) return version.object
  }
  return undefined
}

/** The index of the first item for which `reached` holds; it must hold for all that follow. */
function firstIndex<T>(items: readonly T[], reached: (item: T) => boolean): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const item = items[middle]
    if (item !== undefined && reached(item)) high = middle
    else low = middle + 1
  }
  return low
}

/** What etcd is to the API server: keys with all their versions since the last compaction, and the order in which they changed. */
export class Store {
  #revisions: Revisions
  #compacted = 0n
  #byKey = new Map<string, Entry>()
  #entries: Entry[] = []
  #sorted = true
  #log: Change[] = []
  #counted: { readonly prefix: string; readonly revision: bigint; readonly keys: readonly string[] } | undefined
  readonly #listeners = new Set<() => void>()

  constructor(revisions: Revisions) {
    this.#revisions = revisions
  }

  get head(): bigint {
    return this.#revisions.last
  }

  /** Reads below this revision are gone. */
  get compacted(): bigint {
    return this.#compacted
  }

  get(key: string): Stored | undefined {
    return this.#byKey.get(key)?.versions.at(-1)?.object
  }

  /** The uid is the store's to choose, unless one is given here. */
  create(key: string, incoming: Incoming, uid?: string): Stored {
    const revision = ++this.#revisions.last
    return this.#put(key, revision, fresh(incoming, String(revision), uid), undefined)
  }

  /** Replaces the object that is there. */
  update(key: string, previous: Stored, next: Stored): Stored {
    const revision = ++this.#revisions.last
    return this.#put(key, revision, { ...next, metadata: { ...next.metadata, resourceVersion: String(revision) } }, previous)
  }

  /** Deletes in one revision, as etcd does with what a lease held. Keys that are not there are passed over. */
  delete(keys: readonly string[]): void {
    const revision = this.#revisions.last + 1n
    for (const key of keys) {
      const entry = this.#byKey.get(key)
      const previous = entry?.versions.at(-1)?.object
      if (!entry || !previous) continue
      this.#revisions.last = revision
      entry.versions.push({ revision, object: undefined, time: Date.now() })
      this.#log.push({ revision, key, object: undefined, previous })
    }
    this.#notify()
  }

  #put(key: string, revision: bigint, object: Stored, previous: Stored | undefined): Stored {
    let entry = this.#byKey.get(key)
    if (!entry) {
      entry = { key, versions: [] }
      this.#byKey.set(key, entry)
      this.#entries.push(entry)
      this.#sorted = false
    }
    entry.versions.push({ revision, object, time: Date.now() })
    this.#log.push({ revision, key, object, previous })
    this.#notify()
    return object
  }

  /** What was there at `revision`, in the order of keys, from `start` on. */
  *scan(prefix: string, revision: bigint, start = prefix): Generator<{ key: string; object: Stored }> {
    const entries = this.#ordered()
    for (let i = firstIndex(entries, ({ key }) => key >= start); i < entries.length; i++) {
      const entry = entries[i]
      if (!entry?.key.startsWith(prefix)) return
      const object = at(entry, revision)
      if (object) yield { key: entry.key, object }
    }
  }

  /** The keys of what is there and was last written before this time, as Date.now() tells it. */
  keysWrittenBefore(time: number): string[] {
    return this.#entries
      .filter(({ versions }) => {
        const last = versions.at(-1)
        return last?.object !== undefined && last.time < time
      })
      .map(({ key }) => key)
  }

  /** How many keys with this prefix there were at `revision` behind `key`. */
  countAfter(prefix: string, revision: bigint, key: string): number {
    // Every page of a list asks this at the same revision; what was there then does not change.
    if (this.#counted?.prefix !== prefix || this.#counted.revision !== revision) {
      this.#counted = { prefix, revision, keys: Array.from(this.scan(prefix, revision), found => found.key) }
    }
    const { keys } = this.#counted
    return keys.length - firstIndex(keys, other => other > key)
  }

  /** Every change above `revision`, oldest first. */
  changesAfter(revision: bigint): readonly Change[] {
    return this.#log.slice(firstIndex(this.#log, change => change.revision > revision))
  }

  /** Forgets what was before `revision`: no read and no watch can begin there any more. */
  compact(revision: bigint): void {
    if (revision <= this.#compacted) return
    this.#compacted = revision
    this.#log = this.#log.slice(firstIndex(this.#log, change => change.revision >= revision))
    for (const entry of this.#entries) {
      const kept = entry.versions.findLastIndex(version => version.revision <= revision)
      const isTombstone = entry.versions[kept]?.object === undefined && kept >= 0
      entry.versions = entry.versions.slice(Math.max(0, isTombstone ? kept + 1 : kept))
      if (entry.versions.length === 0) this.#byKey.delete(entry.key)
    }
    this.#entries = this.#entries.filter(({ versions }) => versions.length > 0)
  }

  /** Everything is gone, as after the loss of etcd's disk; the next change gets the revision after `last`. Listeners stay, and are told nothing. */
  replace(last: bigint): void {
    this.#revisions = { last }
    this.#compacted = 0n
    this.#byKey = new Map()
    this.#entries = []
    this.#sorted = true
    this.#log = []
    this.#counted = undefined
  }

  /** Calls `listener` after each change, until the answer is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #notify(): void {
    for (const listener of this.#listeners) listener()
  }

  #ordered(): readonly Entry[] {
    if (!this.#sorted) this.#entries.sort((a, b) => (a.key < b.key ? -1 : 1))
    this.#sorted = true
    return this.#entries
  }
}
