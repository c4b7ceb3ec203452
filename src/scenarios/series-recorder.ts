import { eventName, now } from '../generate/moment.ts'
import type { Draft, Recorder } from './recorder.ts'
import type { Report } from './scenario.ts'

/** Seconds between two looks for series that ended; one has if it did not go on for as long. */
const finish = 360
/** Seconds between two writes of all series that go on. */
const refresh = 1800

interface Series {
  draft: Draft
  /** In the story's seconds. */
  last: number
  written: number
}

/** tools/events: writes an event and its first repeat at once, the counts of later repeats half-hourly and when the series has ended. */
export class SeriesRecorder implements Recorder {
  readonly #series = new Map<string, Series>()
  #finishAt = finish
  #refreshAt = refresh

  record(report: Report, seconds: number): Draft | undefined {
    // The message is not part of it: the first one stays.
    const { about, type, reason, action } = report
    const key = JSON.stringify([about, type, reason, action])
    const time = now()
    const before = this.#series.get(key)
    if (before === undefined) {
      const draft = { ...report, eventName: eventName(about.name, time), count: 1, first: time, last: time }
      this.#series.set(key, { draft, last: seconds, written: 1 })
      return draft
    }
    before.draft = { ...before.draft, count: before.draft.count + 1, last: time }
    before.last = seconds
    return before.draft.count === 2 ? this.#write(before) : undefined
  }

  get wakesAt(): number {
    return this.#series.size === 0 ? Number.POSITIVE_INFINITY : Math.min(this.#finishAt, this.#refreshAt)
  }

  wake(seconds: number): readonly Draft[] {
    const drafts: Draft[] = []
    const all = seconds >= this.#refreshAt
    while (this.#refreshAt <= seconds) this.#refreshAt += refresh
    while (this.#finishAt <= seconds) this.#finishAt += finish
    for (const [key, series] of this.#series) {
      const ended = series.last < seconds - finish
      if (ended) this.#series.delete(key)
      // client-go writes what has not changed as well; the API server makes no version of that.
      if ((ended || all) && series.draft.count > series.written) drafts.push(this.#write(series))
    }
    return drafts
  }

  #write(series: Series): Draft {
    series.written = series.draft.count
    return series.draft
  }
}
