import type { Rule } from '@kec/plugin-api'
import { compileRules } from '@kec/plugin-api/host'
import { KecError } from '../errors.ts'
import { showProgress } from '../generate/progress.ts'
import type { Io } from '../io.ts'
import type { JournalReader } from '../journal/read-only.ts'
import { change, findPlace, openReader, type Place, type PlaceFlags } from './place.ts'
import { knownSink } from './sinks.ts'
import { counted, timeText } from './text.ts'

export interface ReplayFlags extends PlaceFlags {
  /** ms before now: what was stored since. */
  readonly since: number
  /** Default: all sinks of the configuration. */
  readonly to: readonly string[] | undefined
  readonly rules: readonly Rule[] | null
  readonly output: 'json' | undefined
}

interface Share {
  readonly sink: string
  readonly events: number
}

const chunk = 500

/** `kec replay`: has sinks get events once more. Says how many go where. Gives the exit code. */
export async function replay(flags: ReplayFlags, io: Io): Promise<number> {
  const place = await findPlace(flags, io, true)
  const since = new Date(Date.now() - flags.since)
  const reader = openReader(place)
  let shares: readonly Share[]
  try {
    shares = await share(reader, place, since, flags, io)
  } finally {
    reader.close()
  }
  const { rules } = flags
  const wishes = shares.filter(({ events }) => events > 0).map(({ sink }) => ({ sink, since: since.getTime(), rules }))
  const { running } = await change(place, 'replay', wishes)
  if (flags.output === 'json') io.stdout.write(`${JSON.stringify(shares)}\n`)
  else io.stdout.write(summary(shares, since, running))
  return 0
}

function summary(shares: readonly Share[], since: Date, running: boolean): string {
  const lines = shares.map(({ sink, events }) => `  ${sink}: ${counted(events, 'event')}\n`)
  const head = `Of what was stored since ${timeText(since)}, these are handed over once more:\n`
  if (shares.every(({ events }) => events === 0)) return `${head}${lines.join('')}There is nothing to do.\n`
  const then = running ? 'kec status shows how far it is.' : 'No kec runs: it is done once kec starts.'
  return `${head}${lines.join('')}${then}\n`
}

/** How many events each sink will get. */
async function share(reader: JournalReader, { loaded }: Place, since: Date, { to, rules }: ReplayFlags, io: Io): Promise<readonly Share[]> {
  const joined = new Set(reader.consumers.map(({ name }) => name))
  const names = loaded.entries.map(({ name }) => name)
  const wanted = to === undefined ? names.filter(name => joined.has(name)) : [...new Set(to)].map(name => knownSink(name, names))
  const stranger = wanted.find(name => !joined.has(name))
  if (stranger !== undefined || wanted.length === 0)
    throw new KecError(
      'KEC_NOT_FOUND',
      stranger === undefined ? 'The journal knows no sink of this configuration.' : `The sink ${stranger} has never been started.`,
      'kec start makes it known to the journal.',
    )
  const counts = wanted.map(sink => ({ sink, matches: compileRules(loaded.entries.find(({ name }) => name === sink)?.match), events: 0 }))
  const matches = compileRules(rules ?? undefined)
  const { head } = reader
  let at = reader.headAt(since)
  const progress = await showProgress(head - at, io.stderr)
  try {
    while (at < head) {
      const { first, events } = reader.read(at, chunk)
      if (events.length === 0) break
      for (const event of events) {
        progress.step()
        if (matches(event)) for (const count of counts) if (count.matches(event)) count.events++
      }
      at = first + events.length - 1
    }
  } finally {
    progress.stop()
  }
  return counts.map(({ sink, events }) => ({ sink, events }))
}
