import { sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { errorOf } from '../errors.ts'
import { asPlugin } from '../host/culprit.ts'
import { misspeltAt, shownPath, thrownAt } from '../place.ts'
import { findSyntaxError, installModuleHooks, noteImports } from './module-hooks.ts'

/** Why a file could not be imported, for people to read. */
export interface ImportFailure {
  readonly what: string
  readonly fix: string
  /** `file:line`, if it is known. */
  readonly place: string | undefined
}

export type Imported = { readonly exports: Readonly<Record<string, unknown>> } | { readonly failure: ImportFailure }

interface ImportError {
  readonly message: string
  readonly code: string | undefined
  readonly stack: string
  readonly syntax: boolean
}

function read(error: unknown): ImportError {
  if (!(error instanceof Error)) return { message: errorOf(error).message, code: undefined, stack: '', syntax: false }
  const code = 'code' in error ? String(error.code) : undefined
  return { message: error.message, code, stack: error.stack ?? '', syntax: error instanceof SyntaxError }
}

/**
 * Where it happened: a syntax error's stack begins with its place; of a throw it is the first frame that is no part of Node; of an import that
 * leads nowhere only the file is known.
 */
function placeOf({ message, stack, syntax }: ImportError, cwd: string): string | undefined {
  const [, importer] = /^Cannot find .+ imported from (\/.+)$/m.exec(message) ?? []
  if (importer !== undefined) return shownPath(importer, cwd)
  return syntax ? misspeltAt(stack, cwd) : thrownAt(stack, cwd)
}

function explain(error: ImportError, cwd: string): { what: string; fix: string } {
  const { message, code, stack, syntax } = error
  const first = message
    .replace(/\n.*/s, '')
    .replace(/ imported from \/.+$/, '')
    .replaceAll(`${cwd}${sep}`, '')
  const [, name] = /does not provide an export named '(.+)'/.exec(message) ?? []
  if (name !== undefined) return { what: first, fix: `If ${name} is a type, write \`import type { ${name} }\`; else correct the name.` }
  const [, missing] = /Cannot find package '(.+)' imported/.exec(message) ?? []
  if (missing !== undefined) return { what: first, fix: `Install it beside this file: npm install ${missing}` }
  if (code === 'ERR_MODULE_NOT_FOUND') return { what: first, fix: 'Correct the path; it needs its ending, such as ./helper.ts.' }
  if (code === 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING')
    return { what: 'is TypeScript in node_modules, which Node does not load', fix: 'Its package must be published as JavaScript.' }
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX')
    return { what: first, fix: 'Node only strips types: write it without enum, namespace and parameter properties.' }
  if (syntax && /^(?:Unexpected token 'export'|Cannot use import statement)/.test(message) && /^\/.+\.js:/.test(stack))
    return {
      what: 'is an ES module, but its folder says CommonJS',
      fix: 'Rename it to end in .mjs, or set "type": "module" in package.json.',
    }
  if (syntax) return { what: `syntax error: ${first}`, fix: 'Correct this line.' }
  return { what: `throws as it is loaded: ${first}`, fix: 'Correct the code there.' }
}

/** Imports a user's file. Whatever goes wrong is answered, not thrown. */
export async function importFile(file: string, cwd: string): Promise<Imported> {
  installModuleHooks()
  const { href } = pathToFileURL(file)
  noteImports(href)
  try {
    // Its name is not known yet: what its code does as it is loaded is told by the file.
    const exports: unknown = await asPlugin(shownPath(file, cwd), () => import(href))
    return { exports: exports as Record<string, unknown> } // a module namespace; nothing is known of its values
  } catch (thrown) {
    let error = read(thrown)
    if (error.syntax && placeOf(error, cwd) === undefined) {
      const placed = read(await findSyntaxError(href))
      if (placed.syntax) error = placed
    }
    return { failure: { ...explain(error, cwd), place: placeOf(error, cwd) } }
  }
}
