import type { Cluster } from '../cluster/cluster.ts'
import type { ApiObject } from '../generate/api.ts'
import { type Draft, type Recorder, recorderFor } from './recorder.ts'
import type { Report, Step } from './scenario.ts'
import { write } from './write.ts'

/** A write that the API server acknowledged. */
export interface Written {
  readonly change: 'created' | 'updated'
  readonly event: { readonly name: string; readonly namespace: string; readonly resourceVersion: string }
  /** How often the event happened so far. */
  readonly count: number
  /** How many of these are new with this write: a recorder may leave some unwritten for a while. */
  readonly occurrences: number
  /** What was reported. */
  readonly report: Report
  /** The event as the API server answered it. */
  readonly object: ApiObject
}

/** Writes under way and waiting: more than that, and the story waits. */
const atMost = 100

interface Writer {
  readonly recorder: Recorder
  /** The end of all writes so far. */
  last: Promise<void>
}

/** Each component with its recorder. A component writes one event after the other, different ones at the same time. */
export class Writers {
  readonly #cluster: Cluster
  readonly #series: boolean
  readonly #signal: AbortSignal
  readonly #done: (written: Written) => void
  readonly #writers = new Map<string, Writer>()
  readonly #waiting = new Set<Promise<void>>()
  /** By event: the count that was written last. */
  readonly #counts = new Map<string, number>()
  readonly #failure = new AbortController()

  /** An aborted signal: what waits is not written any more. */
  constructor(cluster: Cluster, series: boolean, signal: AbortSignal, done: (written: Written) => void) {
    this.#cluster = cluster
    this.#series = series
    this.#signal = signal
    this.#done = done
  }

  /** Aborts with the first error. */
  get failed(): AbortSignal {
    return this.#failure.signal
  }

  record({ at, ...report }: Step): void {
    const key = JSON.stringify(report.by)
    const writer = this.#writers.get(key) ?? { recorder: recorderFor(report.by), last: Promise.resolve() }
    this.#writers.set(key, writer)
    const draft = writer.recorder.record(report, at)
    if (draft) this.#enqueue(writer, draft)
  }

  /** When a recorder writes something by itself next, in the story's seconds. */
  get wakesAt(): number {
    return Math.min(...[...this.#writers.values()].map(({ recorder }) => recorder.wakesAt))
  }

  wake(seconds: number): void {
    for (const writer of this.#writers.values()) for (const draft of writer.recorder.wake(seconds)) this.#enqueue(writer, draft)
  }

  /** Until there are not too many that wait. */
  async room(): Promise<void> {
    while (this.#waiting.size >= atMost) await Promise.race(this.#waiting)
  }

  async idle(): Promise<void> {
    while (this.#waiting.size > 0) await Promise.race(this.#waiting)
  }

  #enqueue(writer: Writer, draft: Draft): void {
    const written = writer.last.then(() => this.#write(draft))
    writer.last = written
    this.#waiting.add(written)
    void written.then(() => this.#waiting.delete(written))
  }

  /** Never fails. */
  async #write(draft: Draft): Promise<void> {
    if (this.#signal.aborted || this.failed.aborted) return
    try {
      const { change, object } = await write(this.#cluster, draft, this.#series, this.#signal)
      this.#done(this.#written(draft, change, object))
    } catch (error) {
      this.#failure.abort(error)
    }
  }

  #written({ eventName, count, first: _first, last: _last, ...report }: Draft, change: Written['change'], object: ApiObject): Written {
    const occurrences = count - (this.#counts.get(eventName) ?? 0)
    this.#counts.set(eventName, count)
    const { name = eventName, namespace = '', resourceVersion = '' } = object.metadata ?? {}
    return { change, event: { name, namespace, resourceVersion }, count, occurrences, report, object }
  }
}
