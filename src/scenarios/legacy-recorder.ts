import { eventName, now } from '../generate/moment.ts'
import type { Draft, Recorder } from './recorder.ts'
import type { Report } from './scenario.ts'

/** More than so many different messages of one reason about one object become one event. */
const similarAtMost = 10
const similarWithin = 600
/** So many writes about one object, then one in five minutes. */
const burst = 25
const refill = 1 / 300

/** tools/record: counts what is the same, combines what is similar, and drops the writes (not the counts) of who says too much. */
export class LegacyRecorder implements Recorder {
  readonly #similar = new Map<string, { messages: Set<string>; last: number }>()
  readonly #events = new Map<string, Draft>()
  readonly #budgets = new Map<string, { left: number; at: number }>()
  readonly wakesAt = Number.POSITIVE_INFINITY

  record(report: Report, seconds: number): Draft | undefined {
    const { report: combined, key } = this.#combine(report, seconds)
    const time = now()
    const before = this.#events.get(key)
    const draft: Draft = before
      ? { ...combined, eventName: before.eventName, count: before.count + 1, first: before.first, last: time }
      : { ...combined, eventName: eventName(report.about.name, time), count: 1, first: time, last: time }
    this.#events.set(key, draft)
    return this.#mayWrite(report, seconds) ? draft : undefined
  }

  wake(): readonly Draft[] {
    return []
  }

  /** The key tells which event it is. */
  #combine(report: Report, seconds: number): { report: Report; key: string } {
    const { about, type, reason, message } = report
    const group = JSON.stringify([{ ...about, fieldPath: undefined }, type, reason])
    let similar = this.#similar.get(group)
    if (similar === undefined || seconds - similar.last > similarWithin) similar = { messages: new Set(), last: seconds }
    this.#similar.set(group, similar)
    similar.messages.add(message)
    similar.last = seconds
    if (similar.messages.size < similarAtMost) return { report, key: JSON.stringify([about, type, reason, message]) }
    // One is forgotten; who repeats one of the nine others goes on with the event of that one.
    const [oldest = ''] = similar.messages
    similar.messages.delete(oldest)
    return { report: { ...report, message: `(combined from similar events): ${message}` }, key: group }
  }

  #mayWrite({ about }: Report, seconds: number): boolean {
    const key = JSON.stringify({ ...about, fieldPath: undefined })
    const budget = this.#budgets.get(key) ?? { left: burst, at: seconds }
    const left = Math.min(burst, budget.left + (seconds - budget.at) * refill)
    const may = left >= 1
    this.#budgets.set(key, { left: may ? left - 1 : left, at: seconds })
    return may
  }
}
