import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A path as people read it: relative to the folder they are in, unless that leads out of it. */
export function shownPath(path: string, cwd: string): string {
  const short = relative(cwd, path)
  return short.startsWith('..') || short === '' ? path : short
}

/** `file:line` of the first frame of a stack that is no part of Node. */
export function thrownAt(stack: string, cwd: string): string | undefined {
  return placeIn(/^ +at (?:.*\(|async )?(file:\/\/.+|\/.+):(\d+):\d+\)?$/m.exec(stack), cwd)
}

/** `file:line` that the stack of a syntax error begins with. */
export function misspeltAt(stack: string, cwd: string): string | undefined {
  return placeIn(/^(file:.+|\/.+):(\d+)\n/.exec(stack), cwd)
}

function placeIn(found: RegExpExecArray | null, cwd: string): string | undefined {
  const [, where, line] = found ?? []
  if (where === undefined) return undefined
  const path = where.startsWith('file:') ? fileURLToPath(where.replace(/\?.*$/, '')) : where
  return `${shownPath(path, cwd)}:${line}`
}
