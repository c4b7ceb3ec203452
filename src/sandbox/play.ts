import { setTimeout } from 'node:timers/promises'
import type { Cluster } from '../cluster/cluster.ts'
import { objectsOf, playScenario } from '../scenarios/play.ts'
import type { Scenario } from '../scenarios/scenario.ts'
import type { Sandbox } from './sandbox.ts'

const namespace = 'default'

export interface Plays {
  readonly sandbox: Sandbox
  /** The same sandbox, as a client has it. */
  readonly cluster: Cluster
  readonly scenarios: readonly Scenario[]
  readonly signal: AbortSignal
  /** Milliseconds between the end of a story and its next beginning. Default: a minute. */
  readonly pause?: number
}

/**
 * Puts what the scenarios are about into the sandbox, and lets them happen at the same time. One whose story ends begins again, so that
 * there is always something to see. Ends when the signal aborts; throws what a scenario throws.
 */
export async function playInSandbox({ sandbox, cluster, scenarios, signal, pause = 60_000 }: Plays): Promise<void> {
  const objects = scenarios.flatMap(scenario => objectsOf(scenario, namespace))
  // Scenarios share nodes.
  const each = new Map(objects.map(object => [JSON.stringify([object.resource, object.name]), object]))
  for (const { resource, ...object } of each.values()) sandbox.add(resource, { ...object })
  const again = async (scenario: Scenario): Promise<void> => {
    while (!signal.aborted) {
      await playScenario(cluster, scenario, { namespace, signal })
      await setTimeout(pause, undefined, { signal }).catch(() => undefined)
    }
  }
  await Promise.all(scenarios.map(again))
}
