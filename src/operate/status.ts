import { ask, noKec } from '../control/client.ts'
import type { Io } from '../io.ts'
import { findPlace, openReader, type Place, type PlaceFlags } from './place.ts'
import { reportOfFile, type StatusReport } from './report.ts'
import { statusText } from './status-text.ts'
import { painter } from './text.ts'

/** `kec status`: of the kec that runs, else of its journal. Gives the exit code. */
export async function status(flags: PlaceFlags, output: 'json' | undefined, io: Io): Promise<number> {
  const place = await findPlace(flags, io)
  const answer = await ask(place.socket, 'status')
  const json = JSON.stringify(answer === noKec ? reportOf(place) : answer)
  if (output === 'json') io.stdout.write(`${JSON.stringify(JSON.parse(json), null, 2)}\n`)
  else io.stdout.write(statusText(revived(json), new Date(), painter(io.stdout)))
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

const times = new Set(['started', 'seen', 'lastSuccess', 'asked', 'from', 'to'])

/** JSON has no times. */
function revived(json: string): StatusReport {
  return JSON.parse(json, (key, value) => (times.has(key) && typeof value === 'string' ? new Date(value) : value))
}
