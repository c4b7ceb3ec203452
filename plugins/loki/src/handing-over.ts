import type { Delivery, KubeEvent } from '@kec/plugin-api'
import type { Entry } from './entry.ts'
import type { Refusal, Verdict } from './verdict.ts'

/** Pushes these entries, once. Throws if there is no answer. */
export type Push = (entries: readonly Entry[]) => Promise<Verdict>

/** One batch on its way: pushes what fits in `maxBytes` at a time, and finds the events that Loki will never take. */
export class HandingOver {
  readonly #delivery: Delivery
  readonly #push: Push
  /** Taken or rejected: need not come again. */
  readonly #done = new Set<KubeEvent>()
  #hasTaken = false

  constructor(delivery: Delivery, push: Push) {
    this.#delivery = delivery
    this.#push = push
  }

  /**
   * Throws if nothing of it was taken and something must come again. If only a part was taken, marks the others to come again, and answers why;
   * they would be duplicates else.
   */
  async run(entries: readonly Entry[], maxBytes: number): Promise<string | undefined> {
    try {
      for (const part of bySize(entries, maxBytes)) await this.#send(part)
      return undefined
    } catch (error) {
      if (!this.#hasTaken) throw error
      for (const { event } of entries) if (!this.#done.has(event)) this.#delivery.retry(event)
      return error instanceof Error ? error.message : String(error)
    }
  }

  /** `proven`: something of those that these are a part of was taken alone, so it is events that are refused. */
  async #send(entries: readonly Entry[], proven = false): Promise<void> {
    const verdict = await this.#push(entries)
    switch (verdict.is) {
      case 'taken':
        this.#hasTaken = true
        for (const { event } of entries) this.#done.add(event)
        return
      case 'too large':
        return this.#halve(entries, verdict.why, proven)
      case 'refused':
        return this.#sift(entries, verdict, proven)
      case 'failed':
        if (verdict.wait !== undefined) this.#delivery.slowDown(verdict.wait)
        throw new Error(verdict.why)
    }
  }

  /** What Loki took of them already, it takes again and stores once: time and line are the same. */
  async #sift(entries: readonly Entry[], refusal: Refusal, proven: boolean): Promise<void> {
    const isUnknown = refusal.words === undefined
    if (isUnknown && !proven) await this.#prove(entries, refusal)
    const sorted = entries.toSorted((a, b) => compare(a.stream, b.stream) || compare(a.time, b.time))
    const old = refusal.isForAll || sorted.at(0)?.stream === sorted.at(-1)?.stream ? sorted.filter(isOlderThan(refusal.oldest)) : []
    if (old.length === 0 || sorted.length === 1) return this.#halve(sorted, refusal.why, proven || isUnknown)
    for (const { event } of old) this.#reject(event, tooOld(event, refusal))
    const others = sorted.filter(({ event }) => !this.#done.has(event))
    if (others.length > 0) await this.#send(others, proven || isUnknown)
  }

  /**
   * A refusal in words that are not known to be about events: it may be the configuration, or a limit. Only if the first or the last is taken
   * alone are others to blame; else nothing is put aside for what an operator can mend.
   */
  async #prove(entries: readonly Entry[], { why }: Refusal): Promise<void> {
    const ends = entries.length > 1 ? [entries.slice(0, 1), entries.slice(-1)] : []
    for (const end of ends) {
      if ((await this.#push(end)).is !== 'taken') continue
      this.#hasTaken = true
      return
    }
    this.#delivery.slowDown(pause)
    throw new Error(`${why}. None of these events is taken, so it is not put down to them: look at \`labels\`, \`structuredMetadata\``)
  }

  async #halve(entries: readonly Entry[], why: string, proven: boolean): Promise<void> {
    const [first] = entries
    if (first !== undefined && entries.length === 1) return this.#reject(first.event, why)
    const middle = Math.ceil(entries.length / 2)
    await this.#send(entries.slice(0, middle), proven)
    await this.#send(entries.slice(middle), proven)
  }

  #reject(event: KubeEvent, why: string): void {
    this.#done.add(event)
    this.#delivery.reject(event, why)
  }
}

/** ms; an operator has to do something. */
const pause = 60_000

/** Of one of several that are refused at once: Loki's answer is about them all. */
function tooOld({ time }: KubeEvent, { words, oldest = 0n }: Refusal): string {
  const limit = new Date(Number(oldest / 1_000_000n)).toISOString()
  return `Loki refuses it: ${words ?? 'timestamp too old'}: its time is ${time}, the oldest that is taken ${limit}`
}

const isOlderThan =
  (oldest: bigint | undefined) =>
  ({ time }: Entry): boolean =>
    oldest !== undefined && time < oldest

const compare = <T extends string | bigint>(a: T, b: T): number => (a < b ? -1 : Number(a > b))

/** In their order; one that is larger by itself goes alone. */
export function bySize(entries: readonly Entry[], maxBytes: number): Entry[][] {
  const parts: Entry[][] = []
  let size = Number.POSITIVE_INFINITY
  for (const entry of entries) {
    size += entry.size
    if (size > maxBytes) {
      parts.push([])
      size = entry.size
    }
    parts.at(-1)?.push(entry)
  }
  return parts
}
