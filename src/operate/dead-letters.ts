import { KecError } from '../errors.ts'
import type { Io } from '../io.ts'
import type { DeadLetter } from '../journal/journal.ts'
import type { JournalReader } from '../journal/read-only.ts'
import { printableJson } from '../printable.ts'
import type { LettersWish } from './changes.ts'
import { letterLines, letterText } from './dead-letter-text.ts'
import { outletTo } from './outlet.ts'
import { change, findPlace, openReader, type PlaceFlags } from './place.ts'
import { knownSink } from './sinks.ts'
import { counted, painter } from './text.ts'

export interface LetterFlags extends PlaceFlags {
  readonly sink: string | undefined
  readonly output: 'json' | undefined
}

export interface ChosenLetters extends LetterFlags {
  readonly ids: readonly number[] | 'all'
}

/** `kec dead-letters list` */
export async function listLetters(flags: LetterFlags, io: Io): Promise<number> {
  return writeLetters(flags, io, reader => {
    const letters = sinksOf(reader, flags.sink).reduce((sum, { dead: { lying, redriven } }) => sum + lying + redriven, 0)
    if (letters === 0 && flags.output === undefined) io.stdout.write(`${none(flags.sink)}\n`)
    const paint = painter(io.stdout)
    return { letters: lettersOf(reader, flags.sink), textOf: flags.output === 'json' ? letterJson : letter => letterLines(letter, paint) }
  })
}

/** `kec dead-letters show` */
export async function showLetters(flags: ChosenLetters, io: Io): Promise<number> {
  return writeLetters(flags, io, reader => {
    sinksOf(reader, flags.sink)
    const { ids, sink, output } = flags
    const paint = painter(io.stdout)
    return {
      letters: ids === 'all' ? lettersOf(reader, sink) : ids.flatMap(id => lettersWith(reader, id, sink)),
      textOf: output === 'json' ? letter => letterJson(letter, letter.event.raw) : letter => letterText(letter, paint),
    }
  })
}

interface Writing {
  readonly letters: Iterable<DeadLetter>
  readonly textOf: (letter: DeadLetter) => string
}

async function writeLetters(flags: LetterFlags, io: Io, choose: (reader: JournalReader) => Writing): Promise<number> {
  const reader = openReader(await findPlace(flags, io))
  const outlet = outletTo(io.stdout)
  try {
    const { letters, textOf } = choose(reader)
    for (const letter of letters) if (!(await outlet.write(textOf(letter)))) break
    return 0
  } finally {
    outlet.close()
    reader.close()
  }
}

const outcomes = {
  redrive: ['is handed over again', 'are handed over again'],
  discard: ['is given up', 'are given up'],
} as const

/** `kec dead-letters redrive` and `kec dead-letters discard` */
export async function changeLetters(what: 'redrive' | 'discard', flags: ChosenLetters, io: Io): Promise<number> {
  const place = await findPlace(flags, io)
  const reader = openReader(place)
  let wishes: LettersWish[]
  try {
    wishes = flags.ids === 'all' ? allOf(reader, flags.sink) : chosen(reader, flags.ids, flags.sink)
  } finally {
    reader.close()
  }
  const { answers, running } = await change(place, what, wishes)
  const done = wishes.map(({ sink }, i) => ({ sink, count: answers[i]?.count ?? 0 }))
  if (flags.output === 'json') io.stdout.write(`${JSON.stringify(done)}\n`)
  else if (done.length === 0) io.stdout.write(`${none(flags.sink)}\n`)
  else {
    const later = what === 'redrive' && !running ? ' once kec starts: none runs now' : ''
    for (const { sink, count } of done) {
      const same = count === 0 && what === 'redrive' ? ': they are already' : ''
      io.stdout.write(`${counted(count, 'dead letter')} of ${sink} ${outcomes[what][count === 1 ? 0 : 1]}${later}${same}.\n`)
    }
  }
  return 0
}

function none(sink: string | undefined): string {
  return sink === undefined ? 'There are no dead letters.' : `There are no dead letters of ${sink}.`
}

/** All, or the one that is named. Throws KEC_NOT_FOUND. */
function sinksOf(reader: JournalReader, sink: string | undefined): JournalReader['consumers'] {
  const { consumers } = reader
  if (sink === undefined) return consumers
  const names = consumers.map(({ name }) => name)
  const known = knownSink(sink, names)
  return consumers.filter(({ name }) => name === known)
}

function lettersOf(reader: JournalReader, sink: string | undefined): Iterable<DeadLetter> {
  return reader.deadLetters(sink === undefined ? {} : { consumer: sink })
}

function allOf(reader: JournalReader, sink: string | undefined): LettersWish[] {
  const withSome = sinksOf(reader, sink).filter(({ dead: { lying, redriven } }) => lying + redriven > 0)
  return withSome.map(({ name }) => ({ sink: name, ids: 'all' }))
}

function chosen(reader: JournalReader, ids: readonly number[], sink: string | undefined): LettersWish[] {
  sinksOf(reader, sink)
  const bySink = new Map<string, number[]>()
  for (const id of new Set(ids)) {
    const letters = lettersWith(reader, id, sink)
    const [letter, other] = letters
    if (other !== undefined)
      throw new KecError(
        'KEC_USAGE',
        `The dead letter ${id} lies for several sinks: ${letters.map(({ consumer }) => consumer).join(', ')}.`,
        'Say of which with --sink.',
      )
    if (letter !== undefined) bySink.set(letter.consumer, [...(bySink.get(letter.consumer) ?? []), id])
  }
  return [...bySink].map(([sink, ids]) => ({ sink, ids }))
}

/** Of each sink that has one with this number, at least one. Throws KEC_NOT_FOUND. */
function lettersWith(reader: JournalReader, id: number, sink: string | undefined): DeadLetter[] {
  const letters = sinksOf(reader, sink).flatMap(({ name }) => [...reader.deadLetters({ consumer: name, seq: id })])
  if (letters.length > 0) return letters
  const where = sink === undefined ? '' : ` of ${sink}`
  throw new KecError('KEC_NOT_FOUND', `There is no dead letter ${id}${where}.`, 'kec dead-letters list shows those that there are.')
}

function letterJson({ seq, consumer, event, ...letter }: DeadLetter, raw?: unknown): string {
  return printableJson(`${JSON.stringify({ id: seq, sink: consumer, ...letter, event, ...(raw !== undefined && { raw }) })}\n`)
}
