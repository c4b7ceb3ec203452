// `npm run bench`: what an event costs, as ratios within one run: kec beside the least that any program must do. `npm run bench -- EVENTS ROUNDS`.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdtempSync, openSync, readSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { kubeconfigFor } from './kubeconfig.ts'

const [events = 200_000, rounds = 5] = process.argv.slice(2).map(Number)

interface Figures {
  readonly ms: number
  readonly cpuSeconds: number
  readonly rssMB: number
}

const folder = mkdtempSync(join(tmpdir(), 'kec-bench-'))
const children = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})
process.on('SIGINT', () => process.exit(130))

function start(...args: string[]): ChildProcess {
  const child = spawn(process.execPath, args, { cwd: join(import.meta.dirname, '..'), stdio: ['ignore', 'pipe', 'inherit'] })
  children.add(child)
  child.once('exit', () => children.delete(child))
  return child
}

/** The first line that the program prints. */
async function firstLine(child: ChildProcess): Promise<string> {
  let text = ''
  for await (const chunk of child.stdout ?? []) {
    text += chunk
    if (text.includes('\n')) break
  }
  return text.slice(0, text.indexOf('\n'))
}

async function measure(...args: string[]): Promise<Figures> {
  const child = start(...args)
  const line = await firstLine(child)
  if (child.exitCode === null) await once(child, 'exit')
  return JSON.parse(line)
}

/** Counts the lines of a file that grows, until there are as many as wanted. */
async function linesIn(file: string, wanted: number): Promise<void> {
  const buffer = Buffer.alloc(1024 * 1024)
  let lines = 0
  let fd = -1
  while (lines < wanted) {
    if (fd < 0 && existsSync(file)) fd = openSync(file, 'r')
    const length = fd < 0 ? 0 : readSync(fd, buffer)
    if (length === 0) await sleep(5)
    for (let at = buffer.indexOf(10); at >= 0 && at < length; at = buffer.indexOf(10, at + 1)) lines++
  }
  closeSync(fd)
}

/** `kec start`, as its user runs it, with the log plugin at the end. */
async function measureKec(port: string, place: string): Promise<Figures & { bytesOnDisk: number }> {
  const log = join(place, 'events.log')
  const config = join(place, 'kec.config.json')
  const journal = join(place, 'journal')
  const plugins = [{ use: 'log', options: { file: log } }]
  writeFileSync(
    config,
    JSON.stringify({ cluster: 'bench', plugins, journal: { dir: journal }, server: { port: 0 }, log: { level: 'error' } }),
  )
  const child = start('--max-semi-space-size=8', 'bin/kec.js', 'start', '--config', config, '--kubeconfig', join(place, 'kubeconfig'))
  await linesIn(log, events)
  const ended = Date.now()
  const began = Number(await (await fetch(`http://127.0.0.1:${port}/began`)).text())
  const { cpuSeconds, rssMB } = usage(child.pid ?? 0)
  child.kill('SIGTERM')
  await once(child, 'exit')
  return { ms: ended - began, cpuSeconds, rssMB, bytesOnDisk: sizeOf(journal) / events }
}

/** CPU and peak memory of a running process, as Linux tells; elsewhere nothing. */
function usage(pid: number): { cpuSeconds: number; rssMB: number } {
  const read = (name: string) => {
    try {
      const fd = openSync(`/proc/${pid}/${name}`, 'r')
      const buffer = Buffer.alloc(8192)
      const text = buffer.toString('utf8', 0, readSync(fd, buffer))
      closeSync(fd)
      return text
    } catch {
      return ''
    }
  }
  const [user = Number.NaN, system = Number.NaN] = read('stat').split(') ').at(-1)?.split(' ').slice(11, 13).map(Number) ?? []
  return { cpuSeconds: (user + system) / 100, rssMB: Number(/VmHWM:\s+(\d+)/.exec(read('status'))?.[1]) / 1024 }
}

function sizeOf(path: string): number {
  const files = ['', '-wal'].map(end => join(path, `journal.db${end}`))
  return files.filter(existsSync).reduce((sum, file) => sum + statSync(file).size, 0)
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

const feeder = start('bench/feeder.ts', String(events))
const port = await firstLine(feeder)
const url = `http://127.0.0.1:${port}/bytes`
const paths: Record<string, (place: string) => Promise<Figures & { bytesOnDisk?: number }>> = {
  'feeder alone': () => measure('bench/raw-loop.ts', url),
  'raw loop': place => measure('bench/raw-loop.ts', url, join(place, 'raw.log')),
  '+ ledger, KubeEvent': place => measure('bench/step.ts', 'source', String(events), place),
  '+ filter, journal': place => measure('bench/step.ts', 'journal', String(events), place),
  'kec start, log file': place => measureKec(port, place),
}
const results = new Map<string, (Figures & { bytesOnDisk?: number })[]>(Object.keys(paths).map(name => [name, []]))
for (let round = 1; round <= rounds; round++) {
  for (const [name, run] of Object.entries(paths)) {
    const place = mkdtempSync(join(folder, 'round-'))
    writeFileSync(join(place, 'kubeconfig'), kubeconfigFor(port))
    if (process.stderr.isTTY) process.stderr.write(`\rround ${round} of ${rounds}: ${name.padEnd(30)}`)
    results.get(name)?.push(await run(place))
    rmSync(place, { recursive: true })
  }
}
if (process.stderr.isTTY) process.stderr.write(`\r${' '.repeat(60)}\r`)

const raw = results.get('raw loop') ?? []
console.log(`${events} events, ${rounds} rounds, interleaved; medians\n`)
console.log('path                   events/s   of raw loop (worst-best)   CPU us/event   peak MB')
for (const [name, rows] of results) {
  const ratios = rows.map((row, i) => (raw[i]?.ms ?? Number.NaN) / row.ms)
  const columns = [
    name.padEnd(22),
    Math.round((events / median(rows.map(({ ms }) => ms))) * 1000)
      .toLocaleString('en')
      .padStart(9),
    `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)})`.padStart(26),
    ((median(rows.map(({ cpuSeconds }) => cpuSeconds)) / events) * 1e6).toFixed(2).padStart(14),
    median(rows.map(({ rssMB }) => rssMB))
      .toFixed(0)
      .padStart(9),
  ]
  console.log(columns.join(' '))
}
const bytes = median((results.get('kec start, log file') ?? []).map(({ bytesOnDisk = Number.NaN }) => bytesOnDisk))
console.log(`\njournal: ${bytes.toFixed(0)} bytes on disk for each event`)
feeder.kill()
