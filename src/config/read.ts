import { readFileSync } from 'node:fs'
import { basename, extname } from 'node:path'
import { type Alias, type Document, isNode, LineCounter, parseDocument, visit, type YAMLError } from 'yaml'
import { shownPath } from '../place.ts'
import { importFile } from './import-file.ts'
import type { Path, Problem } from './problems.ts'

/** What a configuration file says. */
export interface Content {
  readonly value: unknown
  /** The line of a value; of the nearest one around it, if it is not there. Undefined where the format has no lines. */
  lineOf(path: Path): number | undefined
  /** Why there is no value. */
  readonly problems: readonly Problem[]
}

const noLines = (): undefined => undefined

function failed(what: string, fix: string, place?: string): Content {
  return { value: undefined, lineOf: noLines, problems: [{ path: [], what, fix, place }] }
}

async function readModule(file: string, cwd: string): Promise<Content> {
  const imported = await importFile(file, cwd)
  if ('failure' in imported) return failed(imported.failure.what, imported.failure.fix, imported.failure.place)
  const { exports } = imported
  const value = await exports.default // a promise of a configuration is one
  if (value !== undefined) return { value, lineOf: noLines, problems: [] }
  const names = Object.keys(exports)
  const what = names.length === 0 ? 'exports nothing' : `exports ${names.join(', ')}, but no default`
  return failed(what, 'Write `export default defineConfig({ … })`.')
}

/** YAML, and JSON, which is YAML as well: only so its lines are known. */
function readText(file: string, cwd: string): Content {
  const text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '')
  const json = extname(file) === '.json'
  const prefix: Path = basename(file) === 'package.json' ? ['kec'] : []
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: false })
  const shown = shownPath(file, cwd)

  function lineOf(path: Path): number | undefined {
    for (let length = path.length; length >= 0; length--) {
      const steps = [...prefix, ...path.slice(0, length)]
      const last = steps.at(-1)
      // The key's line, not its value's: a block under a key begins one line later.
      const parent = document.getIn(steps.slice(0, -1), true)
      const pairs: readonly unknown[] =
        typeof parent === 'object' && parent !== null && 'items' in parent ? (parent.items as unknown[]) : [] // a collection's items are nodes or pairs
      const key = pairs.find(pair => isPairOf(pair, last))?.key
      const node = key ?? (steps.length === 0 ? undefined : document.getIn(steps, true))
      if (isNode(node) && node.range) return lines.linePos(node.range[0]).line
    }
    return undefined
  }

  if (json) {
    try {
      const value: unknown = JSON.parse(text)
      return { value: prefix.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown>)[key], value), lineOf, problems: [] } // package.json was found by this key
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      const [, line] = /\(line (\d+) column \d+\)$/.exec(message) ?? []
      const what = `is no JSON: ${message.replace(/ in JSON at position .*$/, '')}`
      return failed(what, 'Correct this line.', line && `${shown}:${line}`)
    }
  }
  if (document.errors.length > 0) {
    const [{ message, pos }] = document.errors as [YAMLError] // the others may only follow from the first
    return failed(`is no YAML: ${message.replace(/\.$/, '')}`, 'Correct this line.', `${shown}:${lines.linePos(pos[0]).line}`)
  }
  const alias = lostAlias(document)
  if (alias !== undefined) {
    const place = `${shown}:${lines.linePos(alias.range?.[0] ?? 0).line}`
    return failed(`*${alias.source} is an alias of YAML that stands for nothing`, `A pattern is to be quoted: '*${alias.source}'.`, place)
  }
  let value: unknown
  try {
    value = document.toJS()
  } catch (error) {
    return failed(`cannot be read: ${error instanceof Error ? error.message : error}`, 'Use fewer aliases.')
  }
  if (value === null) return failed('is empty', 'Write a configuration, or remove the file to run with the defaults.')
  return { value, lineOf, problems: [] }
}

/** An alias without its anchor: mostly a pattern such as *-system that somebody did not quote. */
function lostAlias(document: Document): Alias | undefined {
  let lost: Alias | undefined
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document) !== undefined) return undefined
      lost = alias
      return visit.BREAK
    },
  })
  return lost
}

interface PairOf {
  readonly key: unknown
}

function isPairOf(pair: unknown, key: PropertyKey | undefined): pair is PairOf {
  if (typeof pair !== 'object' || pair === null || !('key' in pair)) return false
  const { key: node } = pair
  return typeof node === 'object' && node !== null && 'value' in node && String(node.value) === String(key)
}

/** Reads a configuration file of any format. */
export async function readConfig(file: string, cwd: string): Promise<Content> {
  return /\.(?:json|ya?ml)$/.test(file) ? readText(file, cwd) : readModule(file, cwd)
}
