// `npm run picture`: docs/demo.svg, a recording of a real `kec demo` in a terminal of 80 columns. Needs `script` (util-linux).
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import headless from '@xterm/headless'
import { type Frame, svgOf } from './svg.ts'

const columns = 80
const rows = 24
/** Seconds that the last frame stays. */
const lastFrame = 8

/** Runs the command in a terminal; gives what it wrote, in pieces with their times in seconds. */
function record(command: string): { readonly at: number; readonly text: string }[] {
  const folder = mkdtempSync(join(tmpdir(), 'kec-picture-'))
  const [out, timing] = [join(folder, 'out'), join(folder, 'timing')]
  const inTerminal = `stty cols ${columns} rows ${rows}; ${command}`
  const { status } = spawnSync('script', ['-q', '-e', '-c', inTerminal, '--log-out', out, '--log-timing', timing], { stdio: 'ignore' })
  if (status !== 0) throw new Error(`the demo ended with ${status}; what it wrote is in ${out}`)
  const bytes = readFileSync(out)
  let from = bytes.indexOf('\n') + 1 // script's own first line
  let at = 0
  return readFileSync(timing, 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => {
      const [seconds = 0, length = 0] = line.split(' ').map(Number)
      at += seconds
      from += length
      return { at, text: bytes.toString('utf8', from - length, from) }
    })
}

/** The terminal as it was at the end of each second. */
async function framesOf(pieces: ReturnType<typeof record>): Promise<Frame[]> {
  const terminal = new headless.Terminal({ cols: columns, rows, allowProposedApi: true })
  const frames: Frame[] = []
  for (const [i, { at, text }] of pieces.entries()) {
    await new Promise<void>(done => terminal.write(text, done))
    const next = pieces[i + 1]?.at ?? at + lastFrame
    if (Math.floor(next) > Math.floor(at)) frames.push({ at, lines: linesOf(terminal) })
  }
  return frames
}

function linesOf({ buffer: { active } }: InstanceType<typeof headless.Terminal>): Frame['lines'] {
  return Array.from({ length: rows }, (_, y) => {
    const line = active.getLine(active.baseY + y)
    return Array.from({ length: columns }, (_, x) => {
      const cell = line?.getCell(x)
      return {
        text: cell?.getChars() || ' ',
        colour: cell?.isFgPalette() ? cell.getFgColor() : undefined,
        bold: (cell?.isBold() ?? 0) > 0,
        dim: (cell?.isDim() ?? 0) > 0,
      }
    })
  })
}

const node = process.execPath
const demo = `npm_lifecycle_event=demo ${node} ${join(import.meta.dirname, '../bin/kec.js')} demo --for 24s`
const frames = await framesOf(record(demo))
writeFileSync(join(import.meta.dirname, '../docs/demo.svg'), svgOf(frames, { columns, rows, lastFrame }))
