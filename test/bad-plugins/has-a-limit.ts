// Takes so many events, and no more.
import { definePlugin } from '@kec/plugin-api'

export default definePlugin({
  name: 'has-a-limit',
  apiVersion: 1,
  setup(kec) {
    let taken = 0
    kec.hooks.onEvent.tapPromise('has-a-limit', async batch => {
      if (taken > 3_000) throw new Error('full')
      taken += batch.length
    })
  },
})
