import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Snippet {
  readonly language: string
  /** '' if it has none. */
  readonly file: string
  readonly code: string
}

/** What stands between fences in a page of docs/. */
export function snippetsIn(page: string): Snippet[] {
  const text = readFileSync(join(import.meta.dirname, '../docs', page), 'utf8')
  const fences = text.matchAll(/^```(\w+)(?: ([\w./-]+))?\n(.*?)^```$/gms)
  return [...fences].map(([, language = '', file = '', code = '']) => ({ language, file, code }))
}

export const snippets = snippetsIn('plugins.md')

/** The files of the package that the page builds. */
export const sources = [...new Set(snippets.map(({ file }) => file))].filter(file => file.startsWith('src/'))

/** Writes the snippets of these files: of a file that comes twice, the first, or the last. */
export function write(folder: string, which: 'first' | 'last', ...files: readonly string[]): void {
  for (const file of files) {
    const found = snippets.filter(snippet => snippet.file === file)
    writeFileSync(join(folder, file), found.at(which === 'first' ? 0 : -1)?.code ?? assert.fail(`no snippet is called ${file}`))
  }
}
