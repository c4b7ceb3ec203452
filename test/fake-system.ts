import { setImmediate as turn } from 'node:timers/promises'
import type { KubeEvent } from '@kec/plugin-api'
import type { System } from '@kec/plugin-api/testing'
import { z } from 'zod'

/** The reason of an event that a FakeSystem refuses. */
const refusedReason = 'Refused'

/** What stands behind the sinks of test/bad-plugins: takes events, and can be in trouble. */
export class FakeSystem {
  /** Of what it took, in order. */
  readonly ids: string[] = []
  asked = 0
  #is: 'well' | 'down' | 'silent' = 'well'

  async take(events: readonly KubeEvent[], signal?: AbortSignal): Promise<void> {
    this.asked++
    await turn()
    signal?.throwIfAborted()
    if (this.#is === 'silent') await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
    if (this.#is === 'down') throw new Error('the system is down')
    if (events.some(({ reason }) => reason === refusedReason)) throw new Error('the system refuses this')
    this.ids.push(...events.map(({ id }) => id))
  }

  /** As the conformance kit wants it. */
  static begin(refuses?: 'refuses'): System<{ system: FakeSystem; token: string }> {
    const system = new FakeSystem()
    const turnTo = (is: 'well' | 'down' | 'silent') => () => {
      system.#is = is
    }
    return {
      options: { system, token: 's3cret' },
      trouble: { begin: turnTo('down'), end: turnTo('well'), asked: () => system.asked },
      silence: { begin: turnTo('silent'), end: turnTo('well') },
      received: () => system.ids,
      ...(refuses && { refusedReason }),
    }
  }
}

/** Of a sink with such a system behind it. */
export const options = z.strictObject({ system: z.instanceof(FakeSystem), token: z.string() })
