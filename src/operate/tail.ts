import { setTimeout as sleep } from 'node:timers/promises'
import type { KubeEvent, Rule } from '@kec/plugin-api'
import { compileRules, type EventTest } from '@kec/plugin-api/host'
import { KecError } from '../errors.ts'
import type { Io } from '../io.ts'
import type { JournalReader } from '../journal/read-only.ts'
import { printableJson } from '../printable.ts'
import { eventText } from './event-text.ts'
import { type Outlet, outletTo } from './outlet.ts'
import { findPlace, openReader, type PlaceFlags } from './place.ts'
import { counted, painter } from './text.ts'

export interface TailFlags extends PlaceFlags {
  /** Go on with what comes. */
  readonly follow: boolean
  /** ms before now: only what was stored since. */
  readonly since: number | undefined
  /** The newest so many; default 20, or all with `since`. */
  readonly count: number | undefined
  readonly rules: readonly Rule[] | null
  readonly output: 'json' | undefined
}

const chunk = 500
/** ms. How often the file is asked whether there is more: one small read. */
const pause = 250

/** `kec tail`: shows the journal's events, also beside the kec that has it. Gives the exit code. */
export async function tail(flags: TailFlags, io: Io, stop: AbortSignal): Promise<number> {
  const place = await findPlace(flags, io)
  const reader = openReader(place)
  const outlet = outletTo(io.stdout)
  try {
    const end = AbortSignal.any([stop, outlet.gone])
    const matches = compileRules(flags.rules ?? undefined)
    const lowest = flags.since === undefined ? 0 : reader.headAt(new Date(Date.now() - flags.since))
    const wanted = flags.count ?? (flags.since === undefined ? 20 : Number.POSITIVE_INFINITY)
    let shown = Number.isFinite(wanted) ? beforeNewest(reader, wanted, lowest, matches) : lowest
    for (;;) {
      shown = await show(reader, shown, matches, writerFor(flags, io), outlet, end, io)
      if (!flags.follow || end.aborted) return 0
      await sleep(pause, undefined, { signal: end }).catch(() => undefined)
      if (!reader.isInPlace)
        throw new KecError(
          'KEC_JOURNAL',
          `The journal ${place.file} was moved or deleted.`,
          'Start kec tail again once there is a new one.',
        )
    }
  } finally {
    outlet.close()
    reader.close()
  }
}

/** The number behind which the newest `count` matching events stand, none of them at or below `lowest`. */
function beforeNewest(reader: JournalReader, count: number, lowest: number, matches: EventTest): number {
  let end = reader.head
  for (let found = 0; found < count && end > lowest; ) {
    const after = Math.max(lowest, end - chunk)
    const { first, events } = reader.read(after, end - after)
    for (let i = events.length - 1; i >= 0; i--) {
      const event = events[i]
      if (event !== undefined && matches(event) && ++found === count) return first + i - 1
    }
    if (first - 1 > after) return first - 1 // below it nothing is left
    end = after
  }
  return end
}

/** Shows what is above this number, and answers how far that went. */
async function show(
  reader: JournalReader,
  shown: number,
  matches: EventTest,
  textOf: (event: KubeEvent, seq: number) => string,
  outlet: Outlet,
  end: AbortSignal,
  io: Io,
): Promise<number> {
  let at = shown
  for (const { head } = reader; at < head && !end.aborted; ) {
    const { first, events } = reader.read(at, chunk)
    if (events.length === 0) return at
    if (shown > 0 && first > at + 1)
      io.stderr.write(`${counted(first - at - 1, 'event')} went from the journal before they could be shown\n`)
    const text = events.map((event, i) => (matches(event) ? textOf(event, first + i) : '')).join('')
    at = first + events.length - 1
    if (text !== '') await outlet.write(text)
  }
  return at
}

function writerFor({ output }: TailFlags, { stdout }: Io): (event: KubeEvent, seq: number) => string {
  if (output === 'json') return (event, seq) => printableJson(`${JSON.stringify({ seq, ...event })}\n`)
  const form = { paint: painter(stdout), columns: stdout.isTTY ? (stdout.columns ?? 80) : undefined, today: new Date() }
  return event => eventText(event, form)
}
