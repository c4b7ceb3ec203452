import type { DeliveryOptions } from '../delivery.ts'

/** What holds where neither a plugin nor its entry says anything. */
export const deliveryDefaults: Required<DeliveryOptions> = {
  maxBatch: 500,
  linger: 0,
  timeout: 30_000,
  maxAttempts: Number.POSITIVE_INFINITY,
}
