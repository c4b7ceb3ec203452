// Waits for its system, however long that takes.
import { definePlugin } from '@kec/plugin-api'
import { options } from '../fake-system.ts'

export default definePlugin({
  name: 'ignores-signal',
  apiVersion: 1,
  options,
  setup(kec, { system }) {
    kec.hooks.onEvent.tapPromise('ignores-signal', batch => system.take(batch))
  },
})
