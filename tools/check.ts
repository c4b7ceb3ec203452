// `npm run check`: types, lint with import rules and cycles, unused code, what plugins compile against, the packages that npm users get. Each step
// fails when it looked at nothing.
import { spawnSync } from 'node:child_process'
import { isAbsolute, join } from 'node:path'

const root = join(import.meta.dirname, '..')

interface Step {
  readonly name: string
  readonly command: readonly string[]
  /** How many of the project's files the step says it looked at. */
  looked(output: string): number
  /** There are more; a step that looks at fewer is set up wrongly. */
  readonly fewest: number
}

const steps: readonly Step[] = [
  {
    name: 'types',
    command: ['node_modules/typescript/bin/tsc', '--listFiles'],
    looked: output => output.split('\n').filter(line => line.startsWith(root) && !line.includes('/node_modules/')).length,
    fewest: 100,
  },
  {
    name: 'lint, import rules, cycles',
    command: ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'],
    looked: output => Number(/Checked (\d+) files?/.exec(output)?.[1] ?? 0),
    fewest: 100,
  },
  {
    name: 'unused code',
    command: ['node_modules/knip/bin/knip.js', '--no-config-hints', '--performance-fn', 'parseFile'],
    // Its table of timed functions has a row for the parser: once for each file.
    looked: output => Number(/^parseFile\s+(\d+)/m.exec(output)?.[1] ?? 0),
    fewest: 100,
  },
  {
    name: 'what plugins compile against',
    command: ['tools/api.ts', '--check'],
    looked: output => Number(/^(\d+) declaration files/m.exec(output)?.[1] ?? 0),
    fewest: 5,
  },
  {
    name: 'packages',
    command: ['tools/pack.ts', '--check'],
    // The second column of its table.
    looked: output => [...output.matchAll(/^\S+ +(\d+) +[\d.]+ kB/gm)].reduce((sum, [, files]) => sum + Number(files), 0),
    fewest: 100,
  },
]

let failed = false
for (const { name, command, looked, fewest } of steps) {
  const [file = '', ...args] = command
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, file), ...args], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1e8,
  })
  const output = stdout + stderr
  const files = looked(output)
  const ok = status === 0 && files >= fewest
  failed ||= !ok
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${name}: ${files} files`)
  if (!ok) {
    const shown = output.split('\n').filter(line => !isAbsolute(line) || line.includes('error TS')) // tsc lists its files
    console.log(shown.join('\n'))
  }
}
process.exitCode = failed ? 1 : 0
