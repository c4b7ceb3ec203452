import { createHash } from 'node:crypto'

/** A place in the table. Good until the next insert. */
export type Slot = number

const empty = 0
const dead = 1
const firstGeneration = 2
const secondGeneration = 3

/** A double holds 15 decimal digits exactly; what is above them stands beside it. */
const lowDigits = 15

/** In bytes: key 16, version 4 + 8, count 4, alive 1. */
const savedEntry = 33

/**
 * Event uid -> newest version, highest count, alive or dead. 33 bytes a slot, at most three quarters full, in typed arrays: a Map of objects
 * takes 270 bytes for each event. Open addressing, linear probing. Versions have at most 24 digits (etcd's have 19).
 *
 * A dead entry still tells a late replay from news. When the table is made anew, only the newest `maxDead` of them stay.
 */
export class UidTable {
  readonly #maxDead: number
  #mask = 0
  #used = 0
  #live = 0
  #generation = firstGeneration
  #keys = new Uint32Array(0)
  #lows = new Float64Array(0)
  #highs = new Uint32Array(0)
  #counts = new Uint32Array(0)
  #marks = new Uint8Array(0)
  readonly #key = new Uint32Array(4)
  /** The uid that #key was made of. */
  #keyOf = ''

  constructor(maxDead = 100_000) {
    this.#maxDead = maxDead
    this.#allocate(1024)
  }

  /** How many are alive. */
  get size(): number {
    return this.#live
  }

  /** The slot of this uid, or -1. */
  find(uid: string): Slot {
    this.#readKey(uid)
    const slot = this.#probe()
    return this.#marks[slot] === empty ? -1 : slot
  }

  /** The uid must be unknown. */
  insert(uid: string, version: string, count: number, alive: boolean): void {
    if ((this.#used + 1) * 4 > (this.#mask + 1) * 3) this.#rebuild()
    this.#readKey(uid)
    const slot = this.#place(dead)
    this.update(slot, version, count)
    if (alive) this.revive(slot)
  }

  update(slot: Slot, version: string, count: number): void {
    this.#lows[slot] = low(version)
    this.#highs[slot] = high(version)
    this.#counts[slot] = Math.min(count, 0xffffffff)
  }

  /** Compares a version with the known one: negative if it is older, 0 if it is the same. */
  compare(slot: Slot, version: string): number {
    return high(version) - (this.#highs[slot] ?? 0) || low(version) - (this.#lows[slot] ?? 0)
  }

  count(slot: Slot): number {
    return this.#counts[slot] ?? 0
  }

  isAlive(slot: Slot): boolean {
    return this.#marks[slot] !== dead
  }

  kill(slot: Slot): void {
    if (!this.isAlive(slot)) return
    this.#marks[slot] = dead
    this.#live--
  }

  /** Makes the entry alive, and part of the list that is under way. */
  revive(slot: Slot): void {
    if (!this.isAlive(slot)) this.#live++
    this.#marks[slot] = this.#generation
  }

  /** A list begins: what is not revived before `killUnseen` is not in it. */
  beginList(): void {
    const other = this.#generation === firstGeneration ? secondGeneration : firstGeneration
    // Of a list that was given up, both generations may be there: bring all to one first.
    for (let slot = 0; slot <= this.#mask; slot++) if ((this.#marks[slot] ?? 0) > dead) this.#marks[slot] = this.#generation
    this.#generation = other
  }

  killUnseen(): void {
    for (let slot = 0; slot <= this.#mask; slot++)
      if ((this.#marks[slot] ?? 0) > dead && this.#marks[slot] !== this.#generation) this.kill(slot)
  }

  /** The whole table as bytes. */
  save(): Uint8Array {
    const bytes = new Uint8Array(this.#used * savedEntry)
    const view = new DataView(bytes.buffer)
    let at = 0
    for (let slot = 0; slot <= this.#mask; slot++) {
      if (this.#marks[slot] === empty) continue
      for (let part = 0; part < 4; part++) view.setUint32(at + part * 4, this.#keys[slot * 4 + part] ?? 0)
      view.setUint32(at + 16, this.#highs[slot] ?? 0)
      view.setFloat64(at + 20, this.#lows[slot] ?? 0)
      view.setUint32(at + 28, this.#counts[slot] ?? 0)
      bytes[at + 32] = this.isAlive(slot) ? 1 : 0
      at += savedEntry
    }
    return bytes
  }

  /** Fills an empty table with what `save` gave. */
  load(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#allocate(capacityFor(bytes.length / savedEntry))
    this.#keyOf = ''
    for (let at = 0; at < bytes.length; at += savedEntry) {
      for (let part = 0; part < 4; part++) this.#key[part] = view.getUint32(at + part * 4)
      const slot = this.#place(dead)
      if (bytes[at + 32] === 1) this.revive(slot)
      this.#highs[slot] = view.getUint32(at + 16)
      this.#lows[slot] = view.getFloat64(at + 20)
      this.#counts[slot] = view.getUint32(at + 28)
    }
  }

  #allocate(capacity: number): void {
    this.#mask = capacity - 1
    this.#used = 0
    this.#keys = new Uint32Array(capacity * 4)
    this.#lows = new Float64Array(capacity)
    this.#highs = new Uint32Array(capacity)
    this.#counts = new Uint32Array(capacity)
    this.#marks = new Uint8Array(capacity)
  }

  /** The API server makes UUIDs; anything else is hashed to as many bits. */
  #readKey(uid: string): void {
    // An insert follows a find.
    if (uid === this.#keyOf) return
    this.#keyOf = uid
    if (uid.length === 36) {
      let part = 0
      let bits = 0
      let digits = 0
      for (let i = 0; i < 36; i++) {
        const code = uid.charCodeAt(i)
        if (code === 45 && (i === 8 || i === 13 || i === 18 || i === 23)) continue
        const digit = code >= 48 && code <= 57 ? code - 48 : code >= 97 && code <= 102 ? code - 87 : -1
        if (digit < 0) break
        bits = (bits << 4) | digit
        if (++digits % 8 === 0) this.#key[part++] = bits
      }
      if (digits === 32) return
    }
    const hash = createHash('sha256').update(uid).digest()
    for (let part = 0; part < 4; part++) this.#key[part] = hash.readUInt32LE(part * 4)
  }

  /** The slot of #key, or the empty one where it belongs. */
  #probe(): Slot {
    const [a = 0, b = 0, c = 0, d = 0] = this.#key
    let slot = (Math.imul(a ^ (b >>> 16) ^ d, 0x9e3779b1) >>> 0) & this.#mask
    while (this.#marks[slot] !== empty) {
      const at = slot * 4
      if (this.#keys[at] === a && this.#keys[at + 1] === b && this.#keys[at + 2] === c && this.#keys[at + 3] === d) break
      slot = (slot + 1) & this.#mask
    }
    return slot
  }

  #place(mark: number): Slot {
    const slot = this.#probe()
    this.#keys.set(this.#key, slot * 4)
    this.#marks[slot] = mark
    this.#used++
    return slot
  }

  #rebuild(): void {
    const [keys, lows, highs, counts, marks] = [this.#keys, this.#lows, this.#highs, this.#counts, this.#marks]
    const kept = this.#slotsToKeep()
    this.#keyOf = ''
    this.#allocate(capacityFor(kept.length))
    for (const old of kept) {
      this.#key.set(keys.subarray(old * 4, old * 4 + 4))
      const slot = this.#place(marks[old] ?? dead)
      this.#highs[slot] = highs[old] ?? 0
      this.#lows[slot] = lows[old] ?? 0
      this.#counts[slot] = counts[old] ?? 0
    }
  }

  /** The living, and the newest of the dead. */
  #slotsToKeep(): Uint32Array {
    const living = new Uint32Array(this.#live)
    const gone = new Uint32Array(this.#used - this.#live)
    let [alive, at] = [0, 0]
    for (let slot = 0; slot <= this.#mask; slot++) {
      if (this.#marks[slot] === dead) gone[at++] = slot
      else if (this.#marks[slot] !== empty) living[alive++] = slot
    }
    if (gone.length > this.#maxDead) {
      const age = (slot: number) => (this.#highs[slot] ?? 0) * 10 ** lowDigits + (this.#lows[slot] ?? 0)
      gone.sort((a, b) => age(b) - age(a))
    }
    const newest = gone.subarray(0, this.#maxDead)
    const kept = new Uint32Array(living.length + newest.length)
    kept.set(living)
    kept.set(newest, living.length)
    return kept
  }
}

function low(version: string): number {
  return Number(version.length > lowDigits ? version.slice(-lowDigits) : version)
}

function high(version: string): number {
  return version.length > lowDigits ? Number(version.slice(0, -lowDigits)) : 0
}

/** At most half full, so that there is room to grow. */
function capacityFor(entries: number): number {
  let capacity = 1024
  while (entries * 2 > capacity) capacity *= 2
  return capacity
}
