import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compile } from './compile.ts'
import { type Package, packages } from './packages.ts'
import { stage } from './stage.ts'

export interface Packed {
  readonly name: string
  readonly version: string
  /** The path of the .tgz. */
  readonly tarball: string
  readonly files: readonly string[]
  /** In bytes. */
  readonly size: number
  readonly unpackedSize: number
}

/** Packs every package as npm users get it, into this folder. */
export function pack(to: string): Packed[] {
  const work = mkdtempSync(join(tmpdir(), 'kec-pack-'))
  try {
    const all = packages()
    const compiled = join(work, 'compiled')
    mkdirSync(compiled)
    compile(all, compiled)
    const folders = all.map((one, i) => stagedIn(one, compiled, join(work, `staged-${i}`)))
    mkdirSync(to, { recursive: true })
    return npmPack(folders, to)
  } finally {
    rmSync(work, { recursive: true })
  }
}

function stagedIn(one: Package, compiled: string, folder: string): string {
  mkdirSync(folder)
  stage(one, compiled, folder)
  return folder
}

/** What `npm pack --json` says of a package. */
interface Listing {
  readonly name: string
  readonly version: string
  readonly filename: string
  readonly size: number
  readonly unpackedSize: number
  readonly files: readonly { readonly path: string }[]
}

function npmPack(folders: readonly string[], to: string): Packed[] {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', to, ...folders]
  const { status, stdout, stderr } = spawnSync('npm', args, { encoding: 'utf8', shell: process.platform === 'win32', maxBuffer: 1e8 })
  if (status !== 0) throw new Error(`npm pack: ${stderr}`)
  const listings = JSON.parse(stdout) as readonly Listing[] // npm's own format
  return listings.map(({ name, version, filename, size, unpackedSize, files }, i) => {
    const packed = files.map(({ path }) => path).sort()
    const leftOut = filesIn(folders[i] ?? '').filter(file => !packed.includes(file))
    if (leftOut.length > 0) throw new Error(`${name}: npm leaves out ${leftOut.join(', ')}: it needs another name`)
    return { name, version, tarball: join(to, filename), files: packed, size, unpackedSize }
  })
}

function filesIn(folder: string): string[] {
  return globSync('**', { cwd: folder, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(folder.length + 1))
}
