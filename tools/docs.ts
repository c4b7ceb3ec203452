// `npm run docs`: writes the pages that follow from the code: docs/errors.md, and the tables of options in the plugins' READMEs. A test tells
// when one is no longer what the code says.
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { codes } from '../src/errors.ts'
import { hasTable, withTable } from './options-table.ts'

const root = join(import.meta.dirname, '..')

function errorsPage(): string {
  const rows = Object.entries(codes).map(([code, { exit, about }]) => `| \`${code}\` | ${exit} | ${about} |`)
  return `# Errors

<!-- Written by "npm run docs" from src/errors.ts: change it there. -->

What kec says of an error: \`error CODE: what happened, and where\`, and below it what to do. A code is never renamed and never given a
second meaning. What has no code is a bug: kec shows its stack, exits with 1, and asks you to report it.

| Code | Exit code | What it stands for |
| --- | --- | --- |
${rows.join('\n')}

Exit codes of \`kec\`: 0 for a clean end, 1 for a failure, 2 for a wrong command line or configuration.
`
}

/** The READMEs of plugins that have a place for the table of what `options` in src/options.ts says. */
async function pluginPages(): Promise<[path: string, text: string][]> {
  const found: [string, string][] = []
  for (const path of globSync('plugins/*/README.md', { cwd: root }).sort()) {
    const readme = readFileSync(join(root, path), 'utf8')
    if (!hasTable(readme)) continue
    const { options } = await import(join(root, path, '../src/options.ts'))
    found.push([path, withTable(readme, options)])
  }
  return found
}

/** The pages by their path in the repository. */
export const pages: Readonly<Record<string, string>> = { 'docs/errors.md': errorsPage(), ...Object.fromEntries(await pluginPages()) }

if (import.meta.main) {
  for (const [path, text] of Object.entries(pages)) writeFileSync(join(root, path), text)
}
