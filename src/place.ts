import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A path as people read it: relative to the folder they are in, unless that leads out of it. */
export function shownPath(path: string, cwd: string): string {
  const short = relative(cwd, path)
  return short.startsWith('..') || short === '' ? path : short
}

/** Paths of the plugin API and its hooks: what they throw is about their caller. */
const api = /\/(?:plugin-api\/(?:src|dist)|node_modules\/tapable)\//

/** `file:line` of the first frame of a stack that is neither Node's nor the plugin API's. */
export function thrownAt(stack: string, cwd: string): string | undefined {
  const frames = stack.split('\n').filter(line => !api.test(line))
  return placeIn(/^ +at (?:.*\(|async )?(file:\/\/.+|\/.+):(\d+):\d+\)?$/m.exec(frames.join('\n')), cwd)
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
