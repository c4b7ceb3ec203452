import { ask, noKec } from '../control/client.ts'
import { KecError } from '../errors.ts'
import type { Io } from '../io.ts'
import { printableJson } from '../printable.ts'
import { findPlace, openReader, type Place, type PlaceFlags } from './place.ts'
import { reportOfFile, type StatusReport } from './report.ts'
import { statusText } from './status-text.ts'
import { painter } from './text.ts'

/** `kec status`: of the kec that runs, else of its journal. Gives the exit code. */
export async function status(flags: PlaceFlags, output: 'json' | undefined, io: Io): Promise<number> {
  const place = await findPlace(flags, io)
  const answer = await ask(place.socket, 'status')
  const report = answer === noKec ? reportOf(place) : withRemoved(revived(answer), place)
  if (output === 'json') io.stdout.write(printableJson(`${JSON.stringify(report, null, 2)}\n`))
  else io.stdout.write(statusText(report, new Date(), painter(io.stdout)))
  return 0
}

function reportOf(place: Place): StatusReport {
  const reader = openReader(place)
  try {
    return reportOfFile(place.file, reader)
  } finally {
    reader.close()
  }
}

/** With the sinks that are no longer in the configuration: they may have events pending, and dead letters. */
function withRemoved(report: StatusReport, place: Place): StatusReport {
  try {
    const known = new Set(report.sinks.map(({ name }) => name))
    const removed = reportOf(place).sinks.filter(({ name }) => !known.has(name))
    return { ...report, sinks: [...report.sinks, ...removed.map(sink => ({ ...sink, state: 'removed' }))] }
  } catch (error) {
    if (error instanceof KecError) return report // its journal may be moved away, and then it is what has to be told
    throw error
  }
}

const times = new Set(['started', 'seen', 'lastSuccess', 'asked', 'from', 'to'])

/** An answer's report, with its times: JSON has none. */
function revived(answer: unknown): StatusReport {
  const text = JSON.stringify(answer) // reportOfRunning() made it
  return JSON.parse(text, (key, value) => (times.has(key) && typeof value === 'string' ? new Date(value) : value))
}
