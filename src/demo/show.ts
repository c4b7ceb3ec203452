import { styleText } from 'node:util'
import type { Io } from '../io.ts'
import { printable } from '../printable.ts'
import type { SinkStatus } from './kec-process.ts'
import { type Happening, Scene } from './scene.ts'
import { frame } from './screen.ts'
import { AlternateScreen } from './terminal.ts'

/** What a reader is told while the demo runs. */
export interface Show {
  /** What the demo does now. */
  act(says: string): void
  happened(happening: Happening): void
  /** What kec says of itself. */
  said(text: string): void
  figures(reasons: ReadonlyMap<string, number>, sinks: readonly SinkStatus[]): void
  /** Time goes by. */
  tick(seconds: number): void
  end(): void
}

export function showFor({ stdout, env }: Io): Show {
  return stdout.isTTY === true && env.TERM !== 'dumb' ? onScreen(stdout, env) : inLines(stdout)
}

function onScreen(stdout: Io['stdout'], env: Io['env']): Show {
  const scene = new Scene()
  const screen = new AlternateScreen(stdout)
  const paint = (style: Parameters<typeof styleText>[0], text: string) =>
    env.NO_COLOR ? text : styleText(style, text, { validateStream: false })
  return {
    act: says => scene.begin(says),
    happened: happening => scene.happen(happening),
    said: text => scene.say(`${clock()}  ${text}`),
    figures: (reasons, sinks) => scene.figures(reasons, sinks),
    tick(seconds) {
      const { columns = 80, rows = 24 } = stdout
      screen.draw(frame(scene, seconds, { columns, rows }, paint))
    },
    end: () => screen.leave(),
  }
}

/** Seconds between two lines of figures. */
const figuresEvery = 5

/** For a pipe: a line for each thing, in the order in which it came. */
function inLines(stdout: Io['stdout']): Show {
  const line = (text: string) => void stdout.write(`${clock()}  ${printable(text)}\n`)
  let figures = ''
  let next = figuresEvery
  return {
    act: says => line(`demo: ${says}`),
    happened: ({ event_level, reason, kind, name, count }) =>
      line(`${event_level} ${reason}, ${kind} ${name}${count > 1 ? `, ${count} times so far` : ''}`),
    said: text => line(`kec: ${text}`),
    figures(_reasons, sinks) {
      figures = sinks.map(({ name, delivered, pending }) => `${name} got ${delivered}, ${pending} behind`).join('; ')
    },
    tick(seconds) {
      if (seconds < next || figures === '') return
      next = seconds + figuresEvery
      line(`sinks: ${figures}`)
    },
    end() {},
  }
}

/** As the clock on the wall shows it. */
const clock = () => new Date().toTimeString().slice(0, 8)
