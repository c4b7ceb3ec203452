// Has a label with the id of every event.
import { definePlugin } from '@kec/plugin-api'
import { options } from '../fake-system.ts'

export default definePlugin({
  name: 'grows-its-metrics',
  apiVersion: 1,
  options,
  setup(kec, { system }) {
    const seen = kec.metrics.counter({ name: 'seen_events_total', help: 'Events.', labelNames: ['id'] })
    kec.hooks.onEvent.tapPromise('grows-its-metrics', async (batch, delivery) => {
      await system.take(batch, delivery.signal)
      for (const { id } of batch) seen.increment(1, { id })
    })
  },
})
