// `npm run api`: records in plugin-api/api.md what plugins compile against. With --check it tells whether that has changed since.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { diff } from 'node:util'
import { compile } from './packing/compile.ts'
import { visibleFrom } from './packing/declarations.ts'
import { packages, root } from './packing/packages.ts'

/** Subpaths that promise nothing: plugin-api/README.md. */
const unstable = ['./host']

const record = 'plugin-api/api.md'

const head = `# The types of @kec/plugin-api

<!-- Written by "npm run api" from plugin-api/src. -->

What plugins compile against. \`npm run check\` fails when the sources say something else, so that nobody changes it without noticing;
[README.md](README.md) says what a change means for apiVersion and the package's version.
`

const remedy = `What plugins compile against is not what ${record} has recorded. If that is meant:
  - plugins that work would no longer: raise API_VERSION (plugin-api/src/plugin.ts) and the major version;
  - something is new: the minor version; plugin-api/README.md says what else counts as what;
  - then record it: npm run api, and commit ${record} with the change.`

/** Each declaration file that the stable subpaths show, by its name. */
function declarations(): Map<string, string> {
  const api = packages().find(({ folder }) => folder === 'plugin-api')
  if (api === undefined) throw new Error('there is no plugin-api')
  const work = mkdtempSync(join(tmpdir(), 'kec-api-'))
  try {
    compile([api], work)
    const sources = join(work, api.folder, 'src')
    const stable = Object.entries(api.manifest.exports).filter(([subpath]) => !unstable.includes(subpath))
    const entries = stable.map(([, file]) => join(work, api.folder, file.replace(/\.ts$/, '.d.ts')))
    return new Map(visibleFrom(entries).map(file => [relative(sources, file), readFileSync(file, 'utf8')]))
  } finally {
    rmSync(work, { recursive: true })
  }
}

const found = declarations()
const text = [head, ...[...found].map(([name, said]) => `## ${name}\n\n\`\`\`ts\n${said}\`\`\`\n`)].join('\n')
const file = join(root, record)
if (!process.argv.includes('--check')) {
  writeFileSync(file, text)
} else {
  const recorded = existsSync(file) ? readFileSync(file, 'utf8') : ''
  if (recorded !== text) {
    console.log(remedy)
    // Of util.diff, 1 is what the first has alone, -1 the second.
    for (const [side, line] of diff(text.split('\n'), recorded.split('\n'))) if (side !== 0) console.log(`${side > 0 ? '+' : '-'} ${line}`)
    process.exitCode = 1
  }
}
console.log(`${found.size} declaration files`)
