import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** In a declaration file: what follows `from`, `import(` or `import`, without its quotes and `.ts`. */
const imported = /(?<=\b(?:from|import)\s*\(?\s*['"])(\.[^'"]+)\.ts(?=['"])/g

/** The declaration files that can be seen from these ones, with them: what of them a user's compiler reads. */
export function visibleFrom(entries: readonly string[]): string[] {
  const seen = new Set<string>()
  const waiting = [...entries]
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (seen.has(file)) continue
    seen.add(file)
    for (const [, path] of readFileSync(file, 'utf8').matchAll(imported)) waiting.push(join(file, '..', `${path}.d.ts`))
  }
  return [...seen].sort()
}

/** tsc leaves `.ts` in what declarations import; not every tool, and not arethetypeswrong, looks for a declaration file then. */
export function withJs(declarations: string): string {
  return declarations.replace(imported, '$1.js')
}
