import { setTimeout as sleep } from 'node:timers/promises'
import type { Io } from '../io.ts'
import { audit, type Sides, type Written } from './books.ts'
import type { LogLine, Status } from './kec-process.ts'
import { playScenarios } from './play.ts'
import { Setting } from './setting.ts'
import { type Show, showFor } from './show.ts'
import { tellStory } from './story.ts'
import { summary } from './summary.ts'

/** ms between two looks at what kec has done. */
const lookEvery = 200
/** ms that kec gets at the end to deliver what is there. */
const lastDeliveries = 30_000

/**
 * Runs a small cluster with kec beside it, lets things go wrong, and shows what becomes of it, until the signal aborts, or for so many ms
 * from the first event on. Then says whether the books balance, and where all is written. Gives the exit code.
 */
export async function demo(io: Io, limit: number | undefined, signal: AbortSignal): Promise<number> {
  const began = performance.now()
  const seconds = () => Math.round((performance.now() - began) / 1000)
  const show = showFor(io)
  try {
    await using setting = await Setting.set(io, line => tell(line, show))
    const looking = everySoOften(async () => {
      await look(setting, show)
      show.tick(seconds())
    })
    const wentWrong = await perform(setting, show, limit, signal).finally(looking.stop)
    await look(setting, show)
    const { rows, wrong } = audit(await sidesOf(setting))
    const code = await setting.kec.stop()
    const found = { rows, wrong: code === 0 ? wrong : [...wrong, `kec ended with ${code}`] }
    show.end()
    io.stdout.write(summary(found, wentWrong, seconds(), setting.folder, io))
    return found.wrong.length === 0 ? 0 : 1
  } finally {
    show.end()
  }
}

/** Gives what went wrong, once kec has delivered all that there is. */
async function perform(setting: Setting, show: Show, limit: number | undefined, stop: AbortSignal): Promise<readonly string[]> {
  show.act('kec starts.')
  await setting.until(({ source: [stream] }) => stream?.connected === true, stop)
  const signal = limit === undefined ? stop : AbortSignal.any([stop, AbortSignal.timeout(limit)])
  const [, wentWrong] = await Promise.all([playScenarios(setting, signal), tellStory(setting, show.act, signal)])
  show.act('The end. kec delivers what is there, and stops.')
  await setting.until(status => hasDelivered(status, setting.written), AbortSignal.timeout(lastDeliveries))
  return wentWrong
}

/** Tells what kec did since the look before. */
async function look({ log, kec }: Setting, show: Show): Promise<void> {
  for (const happening of log.next()) show.happened(happening)
  const [status, reasons] = await Promise.all([kec.status(), kec.reasons()])
  if (status !== undefined && reasons !== undefined) show.figures(reasons, status.consumers)
}

function tell({ level, message, sink }: LogLine, show: Show): void {
  // Of a sink also that it delivers again.
  if (level === 'warn' || level === 'error' || sink !== undefined) show.said(sink === undefined ? message : `${sink}: ${message}`)
}

function hasDelivered({ counts, consumers }: Status, written: Written): boolean {
  return (counts.journaled ?? 0) >= written.versions.size && consumers.every(({ pending }) => pending === 0)
}

async function sidesOf({ kec, log, receiver, written }: Setting): Promise<Sides> {
  const [status, reasons] = await Promise.all([kec.status(), kec.reasons()])
  if (status === undefined || reasons === undefined) throw new Error('kec does not answer')
  const counted = [...reasons.values()].reduce((sum, times) => sum + times, 0)
  const posted = [...receiver.received].map(([id, times]) => [id.slice(id.indexOf('/') + 1), times] as const)
  return {
    written,
    status,
    came: new Map<string, ReadonlyMap<string, number>>([
      ['log', log.times],
      ['webhook', new Map(posted)],
    ]),
    occurrences: new Map([
      ['log', log.occurrences],
      ['metrics', counted],
    ]),
  }
}

/** Does it again and again; `stop` waits for the last time. */
function everySoOften(work: () => Promise<void>): { stop(): Promise<void> } {
  const stop = new AbortController()
  const loop = async () => {
    while (!stop.signal.aborted) {
      await work()
      await sleep(lookEvery, undefined, { signal: stop.signal }).catch(() => undefined)
    }
  }
  const running = loop()
  running.catch(() => undefined) // `stop` throws it
  return {
    stop() {
      stop.abort()
      return running
    },
  }
}
