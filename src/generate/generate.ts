import { connectCluster } from '../cluster/connect.ts'
import { surroundings } from '../cluster/kubeconfig.ts'
import type { Io } from '../io.ts'
import type { ApiObject } from './api.ts'
import { createEvents, repeatEvent } from './create.ts'
import { newEvent } from './event.ts'
import { interrupted } from './interrupted.ts'
import { dryRunSummary, eventWriter, summary } from './output.ts'
import { showProgress } from './progress.ts'
import { findTarget } from './target.ts'
import { type GenerateFlags, readWish } from './wish.ts'

/**
 * `kec generate`: finds the object, creates the events, says what was created. An aborted signal ends it with what was created so far.
 * Gives the exit code. Throws KecError.
 */
export async function generate(flags: GenerateFlags, io: Io, signal: AbortSignal): Promise<number> {
  const wish = readWish(flags)
  const { output, dryRun } = flags
  const { kubeconfig, context } = flags
  const cluster = await connectCluster({ kubeconfig, context }, { ...surroundings(), env: io.env })
  try {
    const target = await findTarget(cluster, wish, signal)
    const write = output && eventWriter(output, io.stdout)
    if (dryRun) {
      if (write) write(newEvent(target, wish))
      else io.stdout.write(dryRunSummary(target, wish))
      return 0
    }
    const progress = await showProgress(write ? 1 : Math.max(wish.count, wish.repeat), io.stderr)
    let created = 0
    let last: ApiObject | undefined
    const done = (event: ApiObject) => {
      created++
      last = event
      progress.step()
      if (write && wish.repeat === 1) write(event)
    }
    try {
      await (wish.repeat > 1 ? repeatEvent : createEvents)(cluster, target, wish, signal, done)
    } finally {
      progress.stop()
      if (last && !write) io.stdout.write(summary(target, wish, created, last.metadata?.name ?? ''))
      if (last && write && wish.repeat > 1) write(last)
    }
    return signal.aborted ? interrupted : 0
  } catch (error) {
    if (signal.aborted) return interrupted
    throw error
  } finally {
    await cluster.close()
  }
}
