import { cpSync, existsSync, globSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { visibleFrom, withJs } from './declarations.ts'
import { type Package, root, sourcesIn } from './packages.ts'

/** What is of use in the repository only. */
const ownFields = ['private', 'workspaces', 'scripts', 'devDependencies']

const distOf = (path: string) => path.replace(/^(\.\/)?src\//, '$1dist/')
const jsOf = (source: string) => distOf(source).replace(/\.ts$/, '.js')
const declarationsOf = (source: string) => distOf(source).replace(/\.ts$/, '.d.ts')

/** Makes the folder that is packed: dist/ for src/, the rest as it is, and a package.json that says so. */
export function stage({ folder, manifest }: Package, compiled: string, to: string): void {
  const from = join(root, folder)
  const built = join(compiled, folder)
  const copy = (source: string, path: string) => {
    mkdirSync(dirname(join(to, path)), { recursive: true })
    cpSync(source, join(to, path), { recursive: true })
  }
  for (const file of globSync('src/**/*.js', { cwd: built })) copy(join(built, file), distOf(file))
  const declarations = Object.values(manifest.exports).map(file => join(built, file.replace(/\.ts$/, '.d.ts')))
  for (const file of visibleFrom(declarations)) {
    const path = distOf(relative(built, file))
    mkdirSync(dirname(join(to, path)), { recursive: true })
    writeFileSync(join(to, path), withJs(readFileSync(file, 'utf8')))
  }
  for (const file of manifest.files ?? []) if (!file.endsWith('.ts')) copy(join(from, file), distOf(file))
  copy(join(from, 'README.md'), 'README.md')
  copy(existsSync(join(from, 'LICENSE')) ? join(from, 'LICENSE') : join(root, 'LICENSE'), 'LICENSE')
  for (const file of Object.values(manifest.bin ?? {})) {
    copy(join(from, file), file)
    writeFileSync(join(to, file), readFileSync(join(from, file), 'utf8').replace(sourcesIn, '../dist/$1.js'))
  }
  const entries = Object.entries(manifest.exports)
  const fields = {
    ...Object.fromEntries(Object.entries(manifest).filter(([field]) => !ownFields.includes(field))),
    exports: Object.fromEntries(entries.map(([path, file]) => [path, { types: declarationsOf(file), default: jsOf(file) }])),
    files: readdirSync(to),
  }
  writeFileSync(join(to, 'package.json'), `${JSON.stringify(fields, null, 2)}\n`)
}
