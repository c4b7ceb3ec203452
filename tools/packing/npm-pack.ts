import { spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'

export interface Packed {
  readonly name: string
  /** The path of the .tgz. */
  readonly tarball: string
  readonly files: readonly string[]
  /** In bytes. */
  readonly size: number
  readonly unpackedSize: number
}

/** What `npm pack --json` says of a package. */
interface Listing {
  readonly name: string
  readonly filename: string
  readonly size: number
  readonly unpackedSize: number
  readonly files: readonly { readonly path: string }[]
}

/** Packs each of these folders, whole, into a tarball in `to`. Throws if npm leaves a file out. */
export function npmPack(folders: readonly string[], to: string): Packed[] {
  const cache = mkdtempSync(join(tmpdir(), 'kec-npm-')) // a home may be read-only
  const args = ['pack', '--json', '--ignore-scripts', '--cache', cache, '--pack-destination', to, ...folders]
  const { status, stdout, stderr } = spawnSync('npm', args, { encoding: 'utf8', shell: process.platform === 'win32', maxBuffer: 1e8 })
  rmSync(cache, { recursive: true })
  if (status !== 0) throw new Error(`npm pack: ${stderr}`)
  const listings = JSON.parse(stdout) as readonly Listing[] // npm's own format
  return listings.map(({ name, filename, size, unpackedSize, files }, i) => {
    const packed = files.map(({ path }) => path)
    const leftOut = filesIn(folders[i] ?? '').filter(file => !packed.includes(file))
    if (leftOut.length > 0) throw new Error(`${name}: npm leaves out ${leftOut.join(', ')}; under another name it goes along`)
    return { name, tarball: join(to, filename), files: packed, size, unpackedSize }
  })
}

function filesIn(folder: string): string[] {
  const entries = globSync('**/{*,.*}', { cwd: folder, withFileTypes: true })
  return entries.filter(entry => entry.isFile()).map(entry => relative(folder, join(entry.parentPath, entry.name)))
}
