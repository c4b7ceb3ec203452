import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compile } from './compile.ts'
import { npmPack, type Packed } from './npm-pack.ts'
import { packages } from './packages.ts'
import { stage } from './stage.ts'

/** Packs every package as npm users get it, into this folder. */
export function pack(to: string): Packed[] {
  const work = mkdtempSync(join(tmpdir(), 'kec-pack-'))
  try {
    const all = packages()
    const compiled = join(work, 'compiled')
    mkdirSync(compiled)
    compile(all, compiled)
    const folders = all.map((one, i) => {
      const staged = join(work, `staged-${i}`)
      mkdirSync(staged)
      stage(one, compiled, staged)
      return staged
    })
    mkdirSync(to, { recursive: true })
    return npmPack(folders, to)
  } finally {
    rmSync(work, { recursive: true })
  }
}
