// Ends the process when it is told to end.
import { definePlugin } from '@kec/plugin-api'

export default definePlugin({
  name: 'shuts-down-badly',
  apiVersion: 1,
  setup(kec) {
    kec.hooks.onShutdown.tapPromise('shuts-down-badly', async () => process.exit(0))
  },
})
