// `npm run docs`: writes the pages under docs/ that follow from the code. A test tells when one is no longer what the code says.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { codes } from '../src/errors.ts'

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

/** The pages by their path in the repository. */
export const pages: Readonly<Record<string, string>> = { 'docs/errors.md': errorsPage() }

if (import.meta.main) {
  for (const [path, text] of Object.entries(pages)) writeFileSync(join(import.meta.dirname, '..', path), text)
}
