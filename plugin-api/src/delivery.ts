import type { KubeEvent } from './event.ts'

/** One hand-over of a batch. Marks settle single events; the rest is settled by how onEvent ends. */
export interface Delivery {
  /** Aborts when the time limit (`timeout`) is over, or when kec stops and will not wait longer. The next batch waits until onEvent really ends. */
  readonly signal: AbortSignal
  /** 1 at first, then one more each time that these events come again. */
  readonly attempt: number
  /** True if these events were asked for again by an operator. */
  readonly replay: boolean
  /** This event can never be delivered: kec puts it aside with the reason, and goes on. */
  reject(event: KubeEvent, reason: string): void
  /** This event must come again, before anything newer; the unmarked others of the batch need not. */
  retry(event: KubeEvent): void
  /**
   * Nothing more for so many milliseconds: the system behind the sink asked for it. 0 and less are no wait; more than a day counts as a day,
   * after which the sink is asked again. That, and what is no number, is a mistake of the plugin that kec's log names once.
   */
  slowDown(ms: number): void
}

/** How a sink wants its batches. A plugin declares its defaults; an entry in the configuration may override them. */
export interface DeliveryOptions {
  /** Events in a batch at most. Default 500. */
  readonly maxBatch?: number
  /** Milliseconds that a batch which is not full may wait for more events. Default 0. A full batch leaves at once. */
  readonly linger?: number
  /** Milliseconds until the signal aborts. Default 30,000. */
  readonly timeout?: number
  /** After so many attempts a batch is halved to find the event that fails, and that one is put aside. Default: no end. */
  readonly maxAttempts?: number
}

export interface Shutdown {
  /** Aborts when kec will not wait longer. */
  readonly signal: AbortSignal
}
