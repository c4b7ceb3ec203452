// Once its signal has aborted it does not answer any more.
import { setImmediate as turn } from 'node:timers/promises'
import { definePlugin } from '@kec/plugin-api'

export default definePlugin({
  name: 'sulks',
  apiVersion: 1,
  setup(kec) {
    kec.hooks.onEvent.tapPromise('sulks', async (_batch, { signal }) => {
      await turn()
      if (signal.aborted) await new Promise(() => {})
    })
  },
})
