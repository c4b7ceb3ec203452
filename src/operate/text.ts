import type { Writable } from 'node:stream'
import { styleText } from 'node:util'
import { printable } from '../printable.ts'

type Style = 'red' | 'green' | 'yellow' | 'dim' | 'bold'

/** Colours a text, where the stream is a terminal that takes colours. */
export type Paint = (style: Style, text: string) => string

export function painter(stream: Writable & { readonly isTTY?: boolean }): Paint {
  return stream.isTTY === true ? (style, text) => styleText(style, text, { stream }) : (_, text) => text
}

/** 1,234,567 */
export function thousands(count: number): string {
  return count.toLocaleString('en-US')
}

/** `3 events`, `1 event` */
export function counted(count: number, what: string): string {
  return `${thousands(count)} ${what}${count === 1 ? '' : 's'}`
}

/** 12.3 MiB */
export function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let [size, unit] = [bytes, 0]
  for (; size >= 1024 && unit < units.length - 1; unit++) size /= 1024
  return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`
}

/** 0.2 s, 45 s, 2 min, 3 h, 5 d: as long as it is worth saying. */
export function durationText(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  if (seconds < 120) return `${Math.round(seconds)} s`
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} d`
}

/** 2026-11-24 09:05:07, as the clock on the wall shows it. */
export function timeText(time: Date): string {
  const two = (part: number) => String(part).padStart(2, '0')
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ${clockText(time)}`
}

/** 09:05:07 */
export function clockText(time: Date): string {
  return time.toTimeString().slice(0, 8)
}

/** Breaks a text at its spaces, and where no space is; lines behind the first begin with `indent`, and the first behind `taken` characters. */
export function wrapText(text: string, width: number, indent: string, taken = indent.length): string {
  const lines: string[] = []
  let line = ''
  let room = Math.max(20, width - taken)
  const flush = () => {
    lines.push(line)
    line = ''
    room = Math.max(20, width - indent.length)
  }
  for (let word of text.split(/ +/)) {
    if (line !== '' && line.length + 1 + word.length > room) flush()
    for (; word.length > room; word = word.slice(room)) {
      line = word.slice(0, room)
      flush()
    }
    line += line === '' ? word : ` ${word}`
  }
  return [...lines, line].join(`\n${indent}`)
}

/** A cell, and how it is coloured. What it says may be hostile. */
export type Cell = string | readonly [text: string, style: Style | undefined]

/** Columns two spaces apart, each as wide as its widest cell; numbers to the right. The last one goes on to the end of the line. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[], paint: Paint): string {
  const textOf = (cell: Cell = '') => printable(typeof cell === 'string' ? cell : cell[0])
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map(row => textOf(row[i]).length)))
  const isNumber = head.map((_, i) => rows.length > 0 && rows.every(row => /^[\d,]*$/.test(textOf(row[i]))))
  const pad = (text: string, i: number) => {
    if (isNumber[i]) return text.padStart(widths[i] ?? 0)
    return i === head.length - 1 ? text : text.padEnd(widths[i] ?? 0)
  }
  const line = (cells: readonly Cell[]) =>
    cells
      .map((cell, i) => {
        const style = typeof cell === 'string' ? undefined : cell[1]
        const text = pad(textOf(cell), i)
        return style === undefined ? text : paint(style, text)
      })
      .join('  ')
      .trimEnd()
  return [line(head.map(title => [title, 'bold'] as const)), ...rows.map(line)].map(text => `${text}\n`).join('')
}
