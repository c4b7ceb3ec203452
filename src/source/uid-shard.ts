/** What a slot's mark says; above `dead` it is alive, and of that generation of lists. */
export const empty = 0
export const dead = 1

const smallest = 16
/** More than four of five slots are never taken; a table that is made anew has room for a third more. */
const fullest = 0.8
const growth = 4 / 3

/** A double holds 15 decimal digits exactly; what is above them stands beside it. */
export const lowDigits = 15

/**
 * One of the parts of a UidTable: open addressing, linear probing, 33 bytes a slot in typed arrays. A Map of objects takes 270 bytes for each
 * event.
 */
export class UidShard {
  readonly #maxDead: number
  /** How many slots are taken, by the living and by the dead. */
  used = 0
  live = 0
  #buffer = new ArrayBuffer(0)
  lows = new Float64Array(0)
  keys = new Uint32Array(0)
  highs = new Uint32Array(0)
  counts = new Uint32Array(0)
  marks = new Uint8Array(0)

  /** `expected` entries find room without growing. */
  constructor(maxDead: number, expected = 0) {
    this.#maxDead = maxDead
    this.#allocate(Math.max(smallest, Math.ceil(expected / fullest)))
  }

  get isFull(): boolean {
    return this.used + 1 > this.marks.length * fullest
  }

  /** The slot of this key, or the empty one where it belongs. `at`: where the key begins. */
  probe(key: Uint32Array, at = 0): number {
    const { keys, marks } = this
    const a = key[at]
    const b = key[at + 1]
    const c = key[at + 2]
    const d = key[at + 3]
    let slot = Math.floor(((hashOf(key, at) & 0xfffffff) / 0x10000000) * marks.length)
    while (marks[slot] !== empty) {
      const there = slot * 4
      if (keys[there] === a && keys[there + 1] === b && keys[there + 2] === c && keys[there + 3] === d) break
      if (++slot === marks.length) slot = 0
    }
    return slot
  }

  /** Takes the slot of a key that is not there yet. */
  place(key: Uint32Array, at = 0, mark = dead): number {
    const { keys } = this
    const slot = this.probe(key, at)
    for (let part = 0; part < 4; part++) keys[slot * 4 + part] = key[at + part] ?? 0
    this.marks[slot] = mark
    this.used++
    return slot
  }

  /** Makes room. Of the dead, only the newest `maxDead` stay. */
  rebuild(): void {
    const buffer = this.#buffer
    const { keys, lows, highs, counts, marks } = this
    const kept = this.#slotsToKeep()
    this.#allocate(Math.max(smallest, Math.ceil((kept.length / fullest) * growth)))
    for (const old of kept) {
      const slot = this.place(keys, old * 4, marks[old])
      this.highs[slot] = highs[old] ?? 0
      this.lows[slot] = lows[old] ?? 0
      this.counts[slot] = counts[old] ?? 0
    }
    buffer.transfer(0) // its memory is free for the next shard at once, not when V8 takes out its garbage
  }

  #allocate(capacity: number): void {
    this.used = 0
    const buffer = new ArrayBuffer(capacity * 33)
    this.#buffer = buffer
    this.lows = new Float64Array(buffer, 0, capacity)
    this.keys = new Uint32Array(buffer, capacity * 8, capacity * 4)
    this.highs = new Uint32Array(buffer, capacity * 24, capacity)
    this.counts = new Uint32Array(buffer, capacity * 28, capacity)
    this.marks = new Uint8Array(buffer, capacity * 32, capacity)
  }

  /** The living, and the newest of the dead. */
  #slotsToKeep(): Uint32Array {
    const { marks, highs, lows, live, used } = this
    const living = new Uint32Array(live)
    const gone = new Uint32Array(used - live)
    let [alive, at] = [0, 0]
    for (let slot = 0; slot < marks.length; slot++) {
      if (marks[slot] === dead) gone[at++] = slot
      else if (marks[slot] !== empty) living[alive++] = slot
    }
    const age = (slot: number) => (highs[slot] ?? 0) * 10 ** lowDigits + (lows[slot] ?? 0)
    if (gone.length > this.#maxDead) gone.sort((one, other) => age(other) - age(one))
    const newest = gone.subarray(0, this.#maxDead)
    const kept = new Uint32Array(living.length + newest.length)
    kept.set(living)
    kept.set(newest, living.length)
    return kept
  }
}

/** 32 bits of all 128: the upper 4 choose the shard, the lower 28 the place in it. Some API servers count their uids up. */
export function hashOf(key: Uint32Array, at = 0): number {
  let hash = 0
  for (let part = 0; part < 4; part++) {
    hash = Math.imul(hash ^ (key[at + part] ?? 0), 0x9e3779b1)
    hash ^= hash >>> 15
  }
  return hash >>> 0
}
