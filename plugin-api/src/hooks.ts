import type { AsyncSeriesHook, SyncBailHook } from 'tapable'
import type { Delivery, Shutdown } from './delivery.ts'
import type { KubeEvent } from './event.ts'

/** The hooks of one plugin entry. They are its own: another entry's taps are not in them. */
export interface Hooks {
  /**
   * Called for each event before it is kept. Return `false` to drop it for every sink; anything else keeps it. Must be synchronous and fast:
   * it stands in the way of the watch. A throw keeps the event, and is logged and counted.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: a tap without a return statement must compile, which needs void.
  readonly onFilter: SyncBailHook<[event: KubeEvent], false | void>
  /**
   * Called with a batch of events, one batch at a time, in order. Resolve: every event that was not marked is delivered. Throw: every event
   * that was not marked comes again.
   */
  readonly onEvent: AsyncSeriesHook<[batch: readonly KubeEvent[], delivery: Delivery]>
  /** Called once, after the last batch: flush and close what the plugin opened. */
  readonly onShutdown: AsyncSeriesHook<[shutdown: Shutdown]>
}
