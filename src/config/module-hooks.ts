import { type ResolveHookSync, registerHooks } from 'node:module'

/** Asks the resolve hook below for another parent: import.meta.resolve itself ignores the one it is given. */
const resolveScheme = 'kec-resolve:'

/** Marks a URL whose JavaScript is parsed as TypeScript: that parser says in which line a syntax error is. */
const placeMark = '?kec-find-syntax-error'

/** What a config or a plugin may import without installing it. */
const ours = /^(?:kec|zod|@kec\/[^/]+)(?:\/|$)/

let installed = false

/** What each of these files imports, by their URLs. */
const imports = new Map<string, string[]>()

/** From now on it is noted what this file imports. */
export function noteImports(url: string): void {
  imports.set(url, [])
}

/** The URLs of what a file imports, that was noted. */
export function importsOf(url: string): readonly string[] {
  return imports.get(url) ?? []
}

/**
 * Lets Node load what users write, whatever their folder looks like: `.ts` is always an ES module, even where package.json says `commonjs` or
 * nothing; kec, @kec/* and zod resolve from kec itself where the folder has none of its own. For the whole process; once is enough.
 */
export function installModuleHooks(): void {
  if (installed) return
  installed = true
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier.startsWith(resolveScheme)) {
        const [wanted, parentURL] = JSON.parse(decodeURIComponent(specifier.slice(resolveScheme.length))) as [string, string] // made below
        return next(wanted, { ...context, parentURL })
      }
      const noted = imports.get(context.parentURL ?? '') // now: `next` writes into the context
      const found = resolve(specifier, context, next)
      noted?.push(found.url)
      return found
    },
    load(url, context, next) {
      const typescript = url.endsWith(placeMark) || (/\.m?ts$/.test(url) && !url.includes('/node_modules/'))
      return next(url, typescript ? { ...context, format: 'module-typescript' } : context)
    },
  })
}

const resolve: ResolveHookSync = (specifier, context, next) => {
  try {
    return next(specifier, context)
  } catch (error) {
    if (!ours.test(specifier)) throw error
    try {
      return next(specifier, { ...context, parentURL: import.meta.url })
    } catch {
      throw error // it names the user's file, not this one
    }
  }
}

/** The URL that `import` of the specifier would load in the file at `parentURL`. Throws Node's own error if there is none. */
export function resolveFrom(specifier: string, parentURL: string): string {
  installModuleHooks()
  return import.meta.resolve(resolveScheme + encodeURIComponent(JSON.stringify([specifier, parentURL])))
}

/** Where the syntax error of a JavaScript file is, which Node does not say of ES modules: the error that names it, or undefined. */
export async function findSyntaxError(url: string): Promise<unknown> {
  try {
    await import(url + placeMark)
    return undefined
  } catch (error) {
    return error
  }
}
