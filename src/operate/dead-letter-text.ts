import type { DeadLetter } from '../journal/journal.ts'
import { printable } from '../printable.ts'
import { objectText } from './event-text.ts'
import { counted, type Paint, timeText, wrapText } from './text.ts'

const width = 80

/** A dead letter in a list: its ID and its event, and below what its sink said. */
export function letterLines({ seq, consumer, time, attempts, redriven, reason, event }: DeadLetter, paint: Paint): string {
  const id = String(seq)
  const indent = ' '.repeat(id.length + 2)
  const what = wrapText(printable(`${event.reason} ${objectText(event)}`), width, indent)
  const state = `${consumer}, ${timeText(time)}, ${counted(attempts, 'attempt')}`
  const waits = redriven ? paint('yellow', ', waits to be handed over again') : ''
  const why = wrapText(printable(reason), width, indent)
  return `${paint('bold', id)}  ${what}\n${indent}${paint('dim', state)}${waits}\n${indent}${why}\n`
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
  return `${paint('bold', head)}\n${lines.join('')}\n`
}
