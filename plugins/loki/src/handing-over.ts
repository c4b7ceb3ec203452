import type { Delivery, KubeEvent } from '@kec/plugin-api'
import type { Entry } from './entry.ts'
import type { Refusal, Verdict } from './verdict.ts'

/** Pushes these entries, once. Throws if there is no answer. */
export type Push = (entries: readonly Entry[]) => Promise<Verdict>

/** What kec has seen of this Loki since it started: with it, it tells an event that is to blame from a configuration that is. */
export interface Evidence {
  /** Loki took it. Pushed again it is stored once, for its time and its line are the same. */
  taken?: Entry | undefined
  /** An event was put aside without proof, and Loki has taken nothing since. */
  hasDoubted?: boolean
}

/** One batch on its way: pushes what fits in `maxBytes` at a time, and finds the events that Loki will never take. */
export class HandingOver {
  readonly #delivery: Delivery
  readonly #push: Push
  readonly #evidence: Evidence
  #all: readonly Entry[] = []
  /** Taken or rejected: need not come again. */
  readonly #done = new Set<KubeEvent>()
  #hasTaken = false
  /** Refusals are about events: another one was taken. */
  #isProven = false

  constructor(delivery: Delivery, push: Push, evidence: Evidence) {
    this.#delivery = delivery
    this.#push = push
    this.#evidence = evidence
  }

  /**
   * Throws if nothing of it was taken and something must come again. If only a part was taken, marks the others to come again, and answers why;
   * they would be duplicates else.
   */
  async run(entries: readonly Entry[], maxBytes: number): Promise<string | undefined> {
    this.#all = entries
    try {
      for (const part of bySize(entries, maxBytes)) await this.#send(part)
      return undefined
    } catch (error) {
      if (!this.#hasTaken) throw error
      for (const { event } of entries) if (!this.#done.has(event)) this.#delivery.retry(event)
      return error instanceof Error ? error.message : String(error)
    }
  }

  async #send(entries: readonly Entry[]): Promise<void> {
    const verdict = await this.#push(entries)
    switch (verdict.is) {
      case 'taken':
        this.#note(entries)
        for (const { event } of entries) this.#done.add(event)
        return
      case 'too large':
        return this.#halve(entries, verdict.why)
      case 'refused':
        return this.#sift(entries, verdict)
      case 'failed':
        return this.#fail(verdict)
    }
  }

  #note(taken: readonly Entry[]): void {
    this.#hasTaken = true
    this.#evidence.taken = taken.at(-1)
    this.#evidence.hasDoubted = false
  }

  #fail({ why, wait }: Extract<Verdict, { is: 'failed' }>): never {
    if (wait !== undefined) this.#delivery.slowDown(wait)
    throw new Error(why)
  }

  /** What Loki took of them already, it takes again and stores once: time and line are the same. */
  async #sift(entries: readonly Entry[], refusal: Refusal): Promise<void> {
    const isInDoubt = refusal.words === undefined && !this.#isProven
    const why = isInDoubt ? await this.#prove(entries, refusal.why) : refusal.why
    const sorted = entries.toSorted((a, b) => compare(a.stream, b.stream) || compare(a.time, b.time))
    const old = refusal.isForAll || sorted.at(0)?.stream === sorted.at(-1)?.stream ? sorted.filter(isOlderThan(refusal.oldest)) : []
    if (old.length === 0 || sorted.length === 1) return this.#halve(sorted, why)
    for (const { event } of old) this.#reject(event, tooOld(event, refusal))
    const others = sorted.filter(({ event }) => !this.#done.has(event))
    if (others.length > 0) await this.#send(others)
  }

  /**
   * A refusal in words that are not known to be about events may be about the configuration, here or in Loki: a tenant, a label, a limit. It is
   * about events only if Loki takes another one; else it throws, and nothing is put aside for what an operator can mend. Answers the reason to
   * give. With each attempt other events of the batch are tried.
   */
  async #prove(entries: readonly Entry[], why: string): Promise<string> {
    const { attempt } = this.#delivery
    const evidence = this.#evidence
    const turn = (attempt - 1) % this.#all.length
    const others = new Set([this.#all[turn], this.#all.at(-1 - turn), evidence.taken])
    if (entries.length === 1) others.delete(entries[0]) // it is known what Loki says to that
    for (const other of others) {
      if (other === undefined) continue
      const verdict = await this.#push([other])
      if (verdict.is === 'failed') this.#fail(verdict)
      if (verdict.is === 'taken') {
        if (other !== evidence.taken) this.#note([other])
        this.#isProven = true
        return why
      }
      // By now it is too old, say, and proves nothing any more.
      if (other === evidence.taken && verdict.is === 'refused' && verdict.words !== undefined) evidence.taken = undefined
    }
    if (this.#all.length === 1 && evidence.taken === undefined && attempt >= patience && !evidence.hasDoubted) {
      evidence.hasDoubted = true
      return `${why}. It may be the configuration: no other event was taken that would prove the contrary`
    }
    this.#delivery.slowDown(pause)
    throw new Error(
      `${why}. No other event is taken either, so it is not put down to them: look at \`labels\`, \`structuredMetadata\`, \`tenant\``,
    )
  }

  async #halve(entries: readonly Entry[], why: string): Promise<void> {
    const [first] = entries
    if (first !== undefined && entries.length === 1) return this.#reject(first.event, why)
    const middle = Math.ceil(entries.length / 2)
    await this.#send(entries.slice(0, middle))
    await this.#send(entries.slice(middle))
  }

  #reject(event: KubeEvent, why: string): void {
    this.#done.add(event)
    this.#delivery.reject(event, why)
  }
}

/** ms; an operator has to do something. */
const pause = 60_000
/** Attempts with an event that is alone, when nothing shows whether it is to blame: what is newer waits behind it. */
const patience = 3

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
