// Counts in a gauge, in milliseconds.
import { definePlugin } from '@kec/plugin-api'

export default definePlugin({
  name: 'names-metrics-badly',
  apiVersion: 1,
  setup(kec) {
    kec.metrics.gauge({ name: 'waited_ms_total', help: 'Time.' }).set(1)
    kec.hooks.onEvent.tap('names-metrics-badly', () => {})
  },
})
