import { createHash } from 'node:crypto'
import { dead, empty, hashOf, lowDigits, UidShard } from './uid-shard.ts'

/** A place in the table. Good until the next insert. */
export type Slot = number

const firstGeneration = 2
const secondGeneration = 3

const shards = 16
/** A slot is the number of its shard, and below that its place there: room for a thousand million events. */
const placeBits = 26
const placeMask = 2 ** placeBits - 1

/** In bytes: key 16, version 4 + 8, count 4, alive 1. */
const savedEntry = 33

/**
 * Event uid -> newest version, highest count, alive or dead. Versions have at most 24 digits (etcd's have 19).
 *
 * Made of many small tables, which grow one at a time and by a third: one large table that doubles would be half empty, and would stand in
 * memory twice while it grows.
 *
 * A dead entry still tells a late replay from news. When a shard is made anew, only the newest of them stay: `maxDead` in the whole table.
 */
export class UidTable {
  readonly #maxDead: number
  #shards: UidShard[]
  #generation = firstGeneration
  readonly #key = new Uint32Array(4)
  /** The uid that #key was made of. */
  #keyOf = ''

  constructor(maxDead = 100_000) {
    this.#maxDead = maxDead
    this.#shards = this.#newShards(0)
  }

  /** How many are alive. */
  get size(): number {
    return this.#shards.reduce((sum, { live }) => sum + live, 0)
  }

  /** The slot of this uid, or -1. */
  find(uid: string): Slot {
    this.#readKey(uid)
    const number = hashOf(this.#key) >>> 28
    const shard = this.#shardAt(number)
    const place = shard.probe(this.#key)
    return shard.marks[place] === empty ? -1 : slotOf(number, place)
  }

  /** The uid must be unknown. */
  insert(uid: string, version: string, count: number, alive: boolean): void {
    this.#readKey(uid)
    const slot = this.#place()
    this.update(slot, version, count)
    if (alive) this.revive(slot)
  }

  update(slot: Slot, version: string, count: number): void {
    const { lows, highs, counts } = this.#shardOf(slot)
    const place = slot & placeMask
    lows[place] = low(version)
    highs[place] = high(version)
    counts[place] = Math.min(count, 0xffffffff)
  }

  /** Compares a version with the known one: negative if it is older, 0 if it is the same. */
  compare(slot: Slot, version: string): number {
    const { lows, highs } = this.#shardOf(slot)
    const place = slot & placeMask
    return high(version) - (highs[place] ?? 0) || low(version) - (lows[place] ?? 0)
  }

  count(slot: Slot): number {
    return this.#shardOf(slot).counts[slot & placeMask] ?? 0
  }

  isAlive(slot: Slot): boolean {
    return this.#shardOf(slot).marks[slot & placeMask] !== dead
  }

  kill(slot: Slot): void {
    if (!this.isAlive(slot)) return
    const shard = this.#shardOf(slot)
    shard.marks[slot & placeMask] = dead
    shard.live--
  }

  /** Makes the entry alive, and part of the list that is under way. */
  revive(slot: Slot): void {
    const shard = this.#shardOf(slot)
    if (!this.isAlive(slot)) shard.live++
    shard.marks[slot & placeMask] = this.#generation
  }

  /** A list begins: what is not revived before `killUnseen` is not in it. */
  beginList(): void {
    const other = this.#generation === firstGeneration ? secondGeneration : firstGeneration
    // Of a list that was given up, both generations may be there: bring all to one first.
    for (const { marks } of this.#shards)
      for (let place = 0; place < marks.length; place++) if ((marks[place] ?? 0) > dead) marks[place] = this.#generation
    this.#generation = other
  }

  killUnseen(): void {
    for (const shard of this.#shards) {
      const { marks } = shard
      for (let place = 0; place < marks.length; place++) {
        const mark = marks[place] ?? 0
        if (mark <= dead || mark === this.#generation) continue
        marks[place] = dead
        shard.live--
      }
    }
  }

  /** The whole table as bytes, behind this head. */
  save(head = new Uint8Array()): Uint8Array {
    const used = this.#shards.reduce((sum, shard) => sum + shard.used, 0)
    const bytes = new Uint8Array(head.length + used * savedEntry)
    bytes.set(head)
    const view = new DataView(bytes.buffer)
    let at = head.length
    for (const { marks, keys, highs, lows, counts } of this.#shards) {
      for (let place = 0; place < marks.length; place++) {
        const mark = marks[place] ?? 0
        if (mark === empty) continue
        for (let part = 0; part < 4; part++) view.setUint32(at + part * 4, keys[place * 4 + part] ?? 0)
        view.setUint32(at + 16, highs[place] ?? 0)
        view.setFloat64(at + 20, lows[place] ?? 0)
        view.setUint32(at + 28, counts[place] ?? 0)
        bytes[at + 32] = mark === dead ? 0 : 1
        at += savedEntry
      }
    }
    return bytes
  }

  /** Fills an empty table with what `save` gave. */
  load(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#shards = this.#newShards(bytes.length / savedEntry / shards)
    this.#keyOf = ''
    for (let at = 0; at < bytes.length; at += savedEntry) {
      for (let part = 0; part < 4; part++) this.#key[part] = view.getUint32(at + part * 4)
      const slot = this.#place()
      const { highs, lows, counts } = this.#shardOf(slot)
      const place = slot & placeMask
      highs[place] = view.getUint32(at + 16)
      lows[place] = view.getFloat64(at + 20)
      counts[place] = view.getUint32(at + 28)
      if (bytes[at + 32] === 1) this.revive(slot)
    }
  }

  #newShards(expected: number): UidShard[] {
    return Array.from({ length: shards }, () => new UidShard(Math.ceil(this.#maxDead / shards), expected))
  }

  #shardAt(number: number): UidShard {
    const shard = this.#shards[number]
    if (shard === undefined) throw new RangeError(`there is no shard ${number}`)
    return shard
  }

  #shardOf(slot: Slot): UidShard {
    return this.#shardAt(slot >>> placeBits)
  }

  /** Takes a slot for #key, which is not there yet; dead until it is revived. */
  #place(): Slot {
    const number = hashOf(this.#key) >>> 28
    const shard = this.#shardAt(number)
    if (shard.isFull) shard.rebuild()
    return slotOf(number, shard.place(this.#key))
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
}

function slotOf(shard: number, place: number): Slot {
  return shard * (placeMask + 1) + place
}

function low(version: string): number {
  return Number(version.length > lowDigits ? version.slice(-lowDigits) : version)
}

function high(version: string): number {
  return version.length > lowDigits ? Number(version.slice(0, -lowDigits)) : 0
}
