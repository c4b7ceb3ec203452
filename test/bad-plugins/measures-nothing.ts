// Divides by nothing.
import { definePlugin } from '@kec/plugin-api'

export default definePlugin({
  name: 'measures-nothing',
  apiVersion: 1,
  setup(kec) {
    kec.metrics.gauge({ name: 'ratio', help: 'A ratio.', collect: () => [{ labels: {}, value: 0 / 0 }] })
    kec.hooks.onEvent.tap('measures-nothing', () => {})
  },
})
