// Ends the process wherever it can: as a batch comes, in a timer of the batch, and in one that began as the file was loaded.
import { definePlugin } from '@kec/plugin-api'

setTimeout(() => process.exit(5), 1)

export default definePlugin({
  name: 'exits-everywhere',
  apiVersion: 1,
  setup(kec) {
    let batches = 0
    kec.hooks.onEvent.tapPromise('exits-everywhere', async () => {
      if (batches++ > 0) return
      setTimeout(() => process.exit(4), 1)
      process.exit(3)
    })
  },
})
