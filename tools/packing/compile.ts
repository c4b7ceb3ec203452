import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { entriesOf, type Package, packages, root } from './packages.ts'

/**
 * Compiles what these packages need, and nothing else, into a folder: JavaScript and declarations, in the places that the sources have in the
 * repository. What is marked `@internal` is not declared. Throws with what tsc says.
 */
export function compile(wanted: readonly Package[], to: string): void {
  const named = packages().flatMap(({ folder, manifest: { name, exports } }) =>
    Object.entries(exports).map(([subpath, file]) => [join(name, subpath), [join(root, folder, file)]] as const),
  )
  const settings = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: {
      noEmit: false,
      declaration: true,
      stripInternal: true,
      rootDir: root,
      outDir: to,
      typeRoots: [join(root, 'node_modules/@types')],
      paths: Object.fromEntries(named),
    },
    include: [],
    files: wanted.flatMap(entriesOf).map(file => join(root, file)),
  }
  const project = join(to, 'tsconfig.json')
  writeFileSync(project, JSON.stringify(settings))
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '--project', project], {
    cwd: root,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`tsc: ${stdout}${stderr}`)
}
