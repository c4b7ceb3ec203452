// What of the repository npm users get: kec itself, the plugin API, the built-in plugins.
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export const root = join(import.meta.dirname, '../..')

/** The fields of a package.json that packing looks at; the others go along as they are. */
interface Manifest {
  readonly name: string
  readonly version: string
  readonly description?: string
  /** Subpath to a source file. */
  readonly exports: Readonly<Record<string, string>>
  readonly bin?: Readonly<Record<string, string>>
  /** What the package has beside what its exports and programs import: a `.ts` is compiled, the rest goes along as it is. */
  readonly files?: readonly string[]
}

export interface Package {
  /** From the repository's root; '' for kec itself. */
  readonly folder: string
  readonly manifest: Manifest
}

export function packages(): Package[] {
  return globSync(['package.json', 'plugin-api/package.json', 'plugins/*/package.json'], { cwd: root })
    .sort()
    .map(path => ({
      folder: dirname(path) === '.' ? '' : dirname(path),
      manifest: JSON.parse(readFileSync(join(root, path), 'utf8')) as Manifest, // our own package.json files
    }))
}

/** In a bin file, which is plain JavaScript, the source files that it imports. */
export const sourcesIn = /(?<=')\.\.\/src\/([\w/-]+)\.ts(?=')/g

/** The source files, from the repository's root, from which all others of a package are reached. */
export function entriesOf({ folder, manifest }: Package): string[] {
  const programs = Object.values(manifest.bin ?? {}).flatMap(file => {
    const imported = [...readFileSync(join(root, folder, file), 'utf8').matchAll(sourcesIn)].map(([path]) => join(dirname(file), path))
    if (imported.length === 0) throw new Error(`${file} imports nothing of src/`)
    return imported
  })
  const compiled = (manifest.files ?? []).filter(file => file.endsWith('.ts'))
  return [...Object.values(manifest.exports), ...programs, ...compiled].map(file => join(folder, file))
}
