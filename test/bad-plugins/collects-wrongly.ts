// Its collect callback has a label that its definition has not.
import { definePlugin } from '@kec/plugin-api'

export default definePlugin({
  name: 'collects-wrongly',
  apiVersion: 1,
  setup(kec) {
    kec.metrics.gauge({ name: 'open_files', help: 'Files.', collect: () => [{ labels: { file: 'a' }, value: 1 }] })
    kec.hooks.onEvent.tap('collects-wrongly', () => {})
  },
})
