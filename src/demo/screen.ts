import { printable } from '../printable.ts'
import type { SinkStatus } from './kec-process.ts'
import type { Scene } from './scene.ts'

type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'green'
type Paint = (style: Style, text: string) => string

export interface Size {
  readonly columns: number
  readonly rows: number
}

/** The lines of one frame: never more, and never wider, than the terminal. */
export function frame(scene: Scene, seconds: number, { columns, rows }: Size, paint: Paint): string[] {
  const width = Math.min(columns, 100)
  const beside = width >= 76
  const sinks = sinkLines(scene.sinks, beside ? 40 : width, paint)
  const most = beside ? 6 : 4
  const reasons = reasonLines(scene.reasons, most, beside ? width - 43 : width, paint)
  const below = beside ? sideBySide(reasons, sinks, width - 43) : [...sinks, '', ...reasons]
  const said = scene.said.length === 0 ? ['nothing: all is well'] : scene.said.slice(-1).flatMap(text => inTwoLines(text, width))
  const head = [
    `${paint('bold', 'kec demo')}  ${paint('dim', fit(`${seconds} s; Ctrl-C ends it`, width - 10))}`,
    paint('yellow', fit(scene.act, width)),
    '',
  ]
  const foot = ['', ...below, '', paint('bold', fit('kec says', width)), ...said.map(text => fit(text, width))]
  const room = Math.max(1, rows - head.length - foot.length - (said.length === 1 ? 3 : 2))
  return [...head, ...happenedLines(scene, room, width, paint), ...foot].slice(0, rows - 1)
}

/** The text in just so many columns; what is cut off ends in an ellipsis. */
function fit(text: string, width: number): string {
  const shown = printable(text)
  return shown.length <= width ? shown.padEnd(width) : `${shown.slice(0, width - 1)}…`
}

function inTwoLines(text: string, width: number): string[] {
  return text.length <= width ? [text] : [text.slice(0, width), text.slice(width)]
}

function happenedLines({ happened }: Scene, room: number, width: number, paint: Paint): string[] {
  const what = Math.min(20, Math.floor(width / 4))
  const object = width - 8 - 2 - what - 2 - 2 - 7
  const line = (type: string, reason: string, name: string, times: string) =>
    `${fit(type, 8)}  ${fit(reason, what)}  ${fit(name, object)}  ${times.padStart(7)}`
  const rows = [...happened.values()].slice(-room).map(({ event_level, reason, kind, name, occurrences }) => {
    const text = line(event_level, reason, `${kind} ${name}`, `${occurrences}`)
    return event_level === 'Normal' ? text : paint('red', text.slice(0, 8)) + text.slice(8)
  })
  return [paint('bold', line('Type', 'What happened', 'To whom', 'Times')), ...rows, ...Array<string>(room - rows.length).fill('')]
}

function reasonLines(reasons: ReadonlyMap<string, number>, most: number, width: number, paint: Paint): string[] {
  const line = (reason: string, times: string) => `${fit(reason, width - 9)}  ${times.padStart(7)}`
  const sorted = [...reasons].sort(([, a], [, b]) => b - a)
  const rest = sorted.slice(most - 1)
  const shown = rest.length < 2 ? sorted : sorted.slice(0, most - 1)
  const lines = shown.map(([reason, times]) => line(reason, `${times}`))
  if (rest.length >= 2) lines.push(line(`${rest.length} more`, `${rest.reduce((sum, [, times]) => sum + times, 0)}`))
  return [paint('bold', line('Reason', 'Times')), ...lines]
}

function sinkLines(sinks: readonly SinkStatus[], width: number, paint: Paint): string[] {
  const line = (name: string, got: string, behind: string) => `${fit(name, width - 18)}  ${got.padStart(6)}  ${behind.padStart(8)}`
  const lines = sinks.map(({ name, state, delivered, pending }) => {
    const trouble = pending > 0 && state === 'waiting'
    const text = line(trouble ? `${name}, failing` : name, `${delivered}`, `${pending}`)
    return paint(trouble ? 'red' : pending > 0 ? 'yellow' : 'green', text)
  })
  return [paint('bold', line('Sink', 'Got', 'Behind')), ...lines]
}

/** `left` must be lines of just `width` columns, colours aside. */
function sideBySide(left: readonly string[], right: readonly string[], width: number): string[] {
  return Array.from({ length: Math.max(left.length, right.length) }, (_, i) => `${left[i] ?? ' '.repeat(width)}   ${right[i] ?? ''}`)
}
