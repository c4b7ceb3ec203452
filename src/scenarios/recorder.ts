import { LegacyRecorder } from './legacy-recorder.ts'
import type { Report } from './scenario.ts'
import { SeriesRecorder } from './series-recorder.ts'

/** An event as a recorder wants it to be now. */
export interface Draft extends Report {
  readonly eventName: string
  readonly count: number
  /** When it was seen first and last: nanoseconds since 1970. */
  readonly first: bigint
  readonly last: bigint
}

/** What client-go's recorders do between a component and the API server: they gather repeats, and write little. Seconds are the story's. */
export interface Recorder {
  /** The event to be written now, if any. A count of 1: it is new. */
  record(report: Report, seconds: number): Draft | undefined
  /** When it does something by itself next; Infinity: never. */
  readonly wakesAt: number
  /** What it writes by itself at this time. */
  wake(seconds: number): readonly Draft[]
}

export const recorderFor = ({ recorder }: Report['by']): Recorder => (recorder === 'legacy' ? new LegacyRecorder() : new SeriesRecorder())
