import { styleText } from 'node:util'
import { printable } from './printable.ts'

const colours = { debug: 'gray', info: 'green', warn: 'yellow', error: 'red' } as const

interface Line extends Record<string, unknown> {
  readonly level: keyof typeof colours
  readonly timestamp: string
  readonly message: string
}

/** 09:05:07, as the clock on the wall shows it. */
function clock(timestamp: string): string {
  return new Date(timestamp).toTimeString().slice(0, 8)
}

interface ErrorFields {
  readonly name: string
  readonly message: string
  readonly stack: string
  readonly code?: unknown
  readonly cause?: unknown
}

function isError(value: unknown): value is ErrorFields {
  return typeof value === 'object' && value !== null && 'stack' in value && typeof value.stack === 'string' && 'message' in value
}

/** What went wrong, and behind it what made it go wrong: the message `fetch failed` says nothing alone. */
function chain({ name, message, code, cause }: ErrorFields): string {
  return `${name}: ${message === '' ? String(code ?? '') : message}${isError(cause) ? ` (${chain(cause)})` : ''}`
}

/** Bare where a reader cannot mistake it, else in quotes. */
function shown(value: unknown): string {
  if (isError(value)) return shown(chain(value))
  if (typeof value === 'string') return /^[^\s"=\\]+$/.test(value) ? printable(value) : printable(JSON.stringify(value))
  return printable(JSON.stringify(value) ?? String(value))
}

/** A log line for people, made of pino's: `09:05:07 WARN  message  plugin=webhook attempt=3`, and below it the stack of an error. */
export function readableLine(json: string, colour: boolean): string {
  const { timestamp, level, message, ...fields } = JSON.parse(json) as Line // pino wrote it, with our keys
  const paint = (style: 'dim' | (typeof colours)[keyof typeof colours], text: string): string =>
    colour ? styleText(style, text, { validateStream: false }) : text
  const rest = Object.entries(fields).map(([key, value]) => `${printable(key)}=${shown(value)}`)
  const head = `${paint('dim', clock(timestamp))} ${paint(colours[level], level.toUpperCase().padEnd(5))} ${printable(message)}`
  const line = rest.length === 0 ? head : `${head}  ${paint('dim', rest.join(' '))}`
  const stacks = level === 'error' ? Object.values(fields).filter(isError) : []
  const frames = stacks.flatMap(({ stack }) => stack.split('\n').filter(frame => /^\s+at /.test(frame)))
  return `${[line, ...frames.map(frame => paint('dim', printable(frame)))].join('\n')}\n`
}
