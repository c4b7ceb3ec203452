import type { SinkStatus } from './kec-process.ts'

/** A line of the log sink, as far as the demo shows it. */
export interface Happening {
  readonly event_level: string
  readonly reason: string
  readonly kind: string
  readonly name: string
  readonly occurrences: number
  /** Since the event began. */
  readonly count: number
  readonly uid: string
  readonly resource_version: string
}

/** More than any screen has lines. */
const most = 200

/** What the screen shows. */
export class Scene {
  /** What happened to whom, with all its occurrences, the newest last. */
  readonly happened = new Map<string, Happening>()
  reasons: ReadonlyMap<string, number> = new Map()
  sinks: readonly SinkStatus[] = []
  /** What kec said of itself, the newest last. */
  readonly said: string[] = []
  act = ''

  happen(happening: Happening): void {
    const key = JSON.stringify([happening.reason, happening.kind, happening.name])
    const occurrences = (this.happened.get(key)?.occurrences ?? 0) + happening.occurrences
    this.happened.delete(key)
    this.happened.set(key, { ...happening, occurrences })
    const [oldest] = this.happened.keys()
    if (this.happened.size > most && oldest !== undefined) this.happened.delete(oldest)
  }

  say(text: string): void {
    this.said.push(text)
    if (this.said.length > most) this.said.shift()
  }

  begin(act: string): void {
    this.act = act
  }

  figures(reasons: ReadonlyMap<string, number>, sinks: readonly SinkStatus[]): void {
    this.reasons = reasons
    this.sinks = sinks
  }
}
