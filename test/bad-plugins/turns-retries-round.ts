// Begins at the other end when a batch comes again.
import { definePlugin } from '@kec/plugin-api'
import { options } from '../fake-system.ts'

export default definePlugin({
  name: 'turns-retries-round',
  apiVersion: 1,
  options,
  setup(kec, { system }) {
    kec.hooks.onEvent.tapPromise('turns-retries-round', (batch, delivery) =>
      system.take(delivery.attempt > 1 ? batch.toReversed() : batch, delivery.signal),
    )
  },
})
