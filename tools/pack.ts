// `npm run pack`: the packages as npm users get them, in dist/, judged by publint and arethetypeswrong. With --check they are only judged.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { judge } from './packing/judge.ts'
import { pack } from './packing/pack.ts'
import { root } from './packing/packages.ts'

const check = process.argv.includes('--check')
const to = check ? mkdtempSync(join(tmpdir(), 'kec-packed-')) : join(root, 'dist')
try {
  if (!check) rmSync(to, { recursive: true, force: true })
  const packed = pack(to)
  const kB = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`
  const rows = packed.map(({ name, tarball, files, size, unpackedSize }) => [
    ...[name, String(files.length), kB(size), kB(unpackedSize)],
    check ? '' : relative(root, tarball),
  ])
  const head = ['package', 'files', 'packed', 'unpacked', check ? '' : 'tarball']
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map(row => row[column]?.length ?? 0)))
  for (const row of [head, ...rows]) {
    console.log(
      row
        .map((cell, column) => (column > 0 && column < 4 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
  }
  const findings = (await Promise.all(packed.map(judge))).flat()
  for (const finding of findings) console.log(finding)
  if (findings.length > 0) process.exitCode = 1
} finally {
  if (check) rmSync(to, { recursive: true })
}
