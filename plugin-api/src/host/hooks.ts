import { AsyncSeriesHook, SyncBailHook } from 'tapable'
import type { Delivery, Shutdown } from '../delivery.ts'
import type { KubeEvent } from '../event.ts'
import type { Hooks } from '../hooks.ts'

/*
 * The life of a plugin after its setup. guard.ts wraps each tap so that this holds.
 *
 * | hook       | who emits it, and when                                | time limit                                   | a throw means                    |
 * |------------|-------------------------------------------------------|----------------------------------------------|----------------------------------|
 * | onFilter   | the filter, for each event, before it is kept         | synchronous; who blocks the thread is named  | the event is kept; it is counted |
 * | onEvent    | the plugin's consumer, for each batch, one at a time, | delivery.timeout, then the signal aborts;    | all that was not marked comes    |
 * |            | after the commit that holds it                        | the next batch waits for the real end        | again                            |
 * | onShutdown | the host, once, after the last batch                  | 10 s, then the signal aborts                 | it is logged; others go on       |
 */

/** The hooks of one plugin entry. */
export function createHooks(): Hooks {
  return {
    // biome-ignore lint/suspicious/noConfusingVoidType: the type of plugin-api
    onFilter: new SyncBailHook<[event: KubeEvent], false | void>(['event']),
    onEvent: new AsyncSeriesHook<[batch: readonly KubeEvent[], delivery: Delivery]>(['batch', 'delivery']),
    onShutdown: new AsyncSeriesHook<[shutdown: Shutdown]>(['shutdown']),
  }
}
