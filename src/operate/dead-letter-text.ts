import type { DeadLetter } from '../journal/journal.ts'
import { printable } from '../printable.ts'
import { objectText } from './event-text.ts'
import { counted, type Paint, timeText, wrapText } from './text.ts'

const width = 80

/** How a list is shown: its paint, and how wide its first columns are. */
export interface Listing {
  readonly paint: Paint
  readonly id: number
  readonly sink: number
}

export function listHead({ paint, id, sink }: Listing): string {
  return paint('bold', `${'ID'.padEnd(id)}  ${'SINK'.padEnd(sink)}  ${'REJECTED'.padEnd(19)}  ATTEMPTS  EVENT`).concat('\n')
}

/** A line of the list, and below it what the sink said. */
export function letterLine({ seq, consumer, time, attempts, redriven, reason, event }: DeadLetter, { paint, id, sink }: Listing): string {
  const start = `${String(seq).padEnd(id)}  ${consumer.padEnd(sink)}  ${timeText(time)}  ${String(attempts).padStart(8)}  `
  const what = shortened(printable(`${event.reason} ${objectText(event)}`), Math.max(16, width - start.length))
  const indent = ' '.repeat(id + 2)
  const state = redriven ? paint('yellow', 'waits to be handed over again; ') : ''
  return `${start}${what}\n${indent}${state}${paint('dim', wrapText(printable(reason), width, indent, indent.length + (redriven ? 31 : 0)))}\n`
}

/** All of a dead letter, for people. */
export function letterText({ seq, consumer, time, attempts, redriven, reason, event }: DeadLetter, paint: Paint): string {
  const rows = [
    ['rejected', `${timeText(time)}, after ${counted(attempts, 'attempt')}`],
    ['because', reason],
    ['event', `${event.type} ${event.reason}, about ${objectText(event)}`],
    ['time', event.time],
    ['count', String(event.count)],
    ['message', event.message],
    ['id', event.id],
  ]
  const head = `dead letter ${seq} of ${consumer}${redriven ? ', waits to be handed over again' : ''}`
  const lines = rows.map(([label = '', text = '']) => `  ${label.padEnd(10)}${wrapText(printable(text), width, ' '.repeat(12))}\n`)
  return `${paint('bold', head)}\n${lines.join('')}`
}

function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`
}
