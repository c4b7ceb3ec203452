import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { playScenario } from '../scenarios/play.ts'
import type { Scenario } from '../scenarios/scenario.ts'
import { scenarios } from '../scenarios/scenarios.ts'
import { storm } from '../scenarios/storm.ts'
import type { Setting } from './setting.ts'

const namespace = 'shop'
/** How much faster than in a real cluster things happen. */
const speed = 10
/** ms between the beginnings of two stories, and between a story and its next telling. */
const pause = 1_500

/** Lets all happen at once what Kubernetes has most trouble with, again and again, until the signal aborts. */
export async function playScenarios(setting: Setting, signal: AbortSignal): Promise<void> {
  setting.sandbox.add('namespaces', { name: namespace })
  const stories = scenarios.filter(({ name }) => name !== storm.name)
  await Promise.all(stories.map((scenario, i) => again(scenario, i * pause, setting, signal)))
}

/** Much at once. */
export function playStorm(setting: Setting, signal: AbortSignal): Promise<void> {
  return once(storm, setting, signal)
}

async function again(scenario: Scenario, after: number, setting: Setting, signal: AbortSignal): Promise<void> {
  const wait = (ms: number) => sleep(ms, undefined, { signal }).catch(() => undefined)
  await wait(after)
  while (!signal.aborted) {
    await once(scenario, setting, signal)
    await wait(pause)
  }
}

async function once(scenario: Scenario, { cluster, written }: Setting, signal: AbortSignal): Promise<void> {
  // Other names each time, as in a cluster. What the events are about is not there: nobody can look at it, and it would only pile up.
  await playScenario(cluster, scenario, { namespace, speed, signal, seed: randomUUID(), done: one => written.add(one) })
}
