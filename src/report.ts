import type { Writable } from 'node:stream'
import { inspect, styleText } from 'node:util'
import { KecError } from './errors.ts'
import { printableLines } from './printable.ts'

let mask = (text: string): string => text

/** From now on, takes out of every error that is shown what is secret. */
export function maskReports(by: (text: string) => string): void {
  mask = by
}

const indented = (text: string): string => printableLines(mask(text)).replaceAll('\n', '\n  ')

/** The error as people read it, with a line end: what kec made on purpose with its remedy and its code, anything else as the bug that it is. */
function errorText(error: unknown, stream: Writable): string {
  const red = (text: string): string => styleText('red', text, { stream })
  if (error instanceof KecError) {
    const fix = error.fix === '' ? '' : `  ${indented(error.fix)}\n`
    return `${red(`error ${error.code}`)}: ${indented(error.message)}\n${fix}`
  }
  const shown = error instanceof Error ? (error.stack ?? String(error)) : inspect(error)
  return `${red('error')}: this is a bug in kec; please report it with the lines below.\n  ${indented(shown)}\n`
}

/** Shows the error on a stream and gives the exit code that follows from it. */
export function report(error: unknown, stream: Writable): number {
  stream.write(errorText(error, stream))
  return error instanceof KecError ? error.exitCode : 1
}
