import type { Delivery, Hooks, KubeEvent, Shutdown } from '@kec/plugin-api'
import { AsyncSeriesHook, SyncBailHook } from 'tapable'

/** The life of a plugin after setup: of each hook who emits it, when, how long it may take, and what a throw means. */
export const hookTable = {
  onFilter: {
    emitter: 'the filter',
    when: 'for each event, before it is kept',
    limit: 'synchronous; what blocks the thread is named',
    throws: 'the event is kept; logged and counted',
  },
  onEvent: {
    emitter: 'the consumer of the plugin',
    when: 'for each batch, one at a time, after the commit that holds it',
    limit: 'delivery.timeout, then the signal aborts; the next batch waits for the real end',
    throws: 'all that was not marked comes again',
  },
  onShutdown: {
    emitter: 'the host',
    when: 'once, after the last batch',
    limit: 'what is left of the 10 s of a stop, then the signal aborts',
    throws: 'logged; the others are stopped all the same',
  },
} as const satisfies Record<keyof Hooks, Record<'emitter' | 'when' | 'limit' | 'throws', string>>

/** The hooks of one plugin entry. */
export function createHooks(): Hooks {
  return {
    // biome-ignore lint/suspicious/noConfusingVoidType: the type of plugin-api
    onFilter: new SyncBailHook<[event: KubeEvent], false | void>(['event']),
    onEvent: new AsyncSeriesHook<[batch: readonly KubeEvent[], delivery: Delivery]>(['batch', 'delivery']),
    onShutdown: new AsyncSeriesHook<[shutdown: Shutdown]>(['shutdown']),
  }
}
