import { connectCluster } from '../cluster/connect.ts'
import { surroundings } from '../cluster/kubeconfig.ts'
import type { Io } from '../io.ts'
import { playScenario } from '../scenarios/play.ts'
import { scenarios } from '../scenarios/scenarios.ts'
import type { Written } from '../scenarios/writers.ts'
import { interrupted } from './interrupted.ts'
import { eventWriter } from './output.ts'
import { beginning, sumUp, Tally, tellWritten } from './scenario-output.ts'
import { namespaceItself } from './target.ts'
import { checkEmpty, type Output, positiveNumber } from './wish.ts'

/** The command line as it was given. */
interface ScenarioFlags {
  readonly kubeconfig: string | undefined
  readonly context: string | undefined
  readonly namespace: string | undefined
  readonly series: boolean
  readonly speed: string | undefined
  readonly output: Output | undefined
  /** How long it may take; undefined: until its story is through, if ever. */
  readonly ms: number | undefined
}

/**
 * `kec generate --scenario`: plays it, tells each write as it is acknowledged, and sums them up. Gives the exit code. Throws KecError.
 */
export async function generateScenario(name: string, flags: ScenarioFlags, { stdout, env }: Io, signal: AbortSignal): Promise<number> {
  const scenario = scenarios.find(one => one.name === name)
  if (scenario === undefined) throw new Error(`no scenario ${name}`)
  const { kubeconfig, context, namespace = 'default', series, output, ms } = flags
  checkEmpty('--namespace', namespace)
  const speed = flags.speed === undefined ? 1 : positiveNumber('--speed', flags.speed, 'how many times as fast')
  const cluster = await connectCluster({ kubeconfig, context }, { ...surroundings(), env })
  try {
    await namespaceItself(cluster, namespace, signal)
    const print = output && eventWriter(output, stdout)
    if (!print) stdout.write(beginning(scenario, namespace))
    const tell = tellWritten(stdout)
    const tally = new Tally(namespace)
    const done = (written: Written) => {
      tally.add(written)
      if (!print) tell(written)
      // Its name is the same whenever it happens again.
      else if (output !== 'name' || written.change === 'created') print(written.object)
    }
    const stop = ms === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(ms)])
    try {
      await playScenario(cluster, scenario, { namespace, speed, series, signal: stop, done })
    } finally {
      if (!print) sumUp(tally, stdout)
    }
    return signal.aborted ? interrupted : 0
  } catch (error) {
    if (signal.aborted) return interrupted
    throw error
  } finally {
    await cluster.close()
  }
}
