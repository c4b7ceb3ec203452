import { randomBytes } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import type { Cluster } from '../cluster/cluster.ts'
import { Cast } from './cast.ts'
import type { Scenario, ScenarioObject } from './scenario.ts'
import { Writers, type Written } from './writers.ts'

export interface PlayOptions {
  /** It must exist. */
  readonly namespace: string
  /** 10: ten times as fast as in a real cluster. Default 1. */
  readonly speed?: number
  readonly signal: AbortSignal
  /** Everything in the newer form, events.k8s.io/v1 with series. Default false: each component as it really does. */
  readonly series?: boolean
  /** The same seed gives the same names. Default: one for this process. */
  readonly seed?: string
  readonly done?: (written: Written) => void
}

const ownSeed = randomBytes(8).toString('hex')

/** The objects that the story is about, as `Sandbox.add` takes them, in the state that it brings them to; those of playScenario without a seed. */
export function objectsOf(scenario: Scenario, namespace: string): readonly ScenarioObject[] {
  return scenario.stage(new Cast(ownSeed, namespace)).objects
}

/**
 * Lets a scenario happen in a cluster, until its story is through or the signal aborts; what is under way then is finished. Throws KecError
 * if the API server refuses.
 */
export async function playScenario(cluster: Cluster, scenario: Scenario, options: PlayOptions): Promise<void> {
  const { namespace, speed = 1, signal, series = false, seed = ownSeed, done = () => {} } = options
  const writers = new Writers(cluster, series, signal, done)
  const stop = AbortSignal.any([signal, writers.failed])
  const began = performance.now()
  const until = async (seconds: number) => {
    const wait = began + (seconds * 1000) / speed - performance.now()
    if (wait > 0) await setTimeout(wait, undefined, { signal: stop })
  }
  try {
    for (const step of scenario.stage(new Cast(seed, namespace)).story) {
      for (let wakes = writers.wakesAt; wakes <= step.at; wakes = writers.wakesAt) {
        await until(wakes)
        writers.wake(wakes)
      }
      await until(step.at)
      await writers.room()
      if (stop.aborted) break
      writers.record(step)
    }
  } catch (error) {
    if (!stop.aborted) throw error
  }
  await writers.idle()
  if (writers.failed.aborted && !signal.aborted) throw writers.failed.reason
}
