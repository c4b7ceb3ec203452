// Refuses batches that are too large, with everything in them.
import { definePlugin } from '@kec/plugin-api'

export default definePlugin({
  name: 'chokes-on-many',
  apiVersion: 1,
  setup(kec) {
    kec.hooks.onEvent.tapPromise('chokes-on-many', async batch => {
      const size = batch.reduce((sum, { message }) => sum + message.length, 0)
      if (size > 1_000_000) throw new Error('too large')
    })
  },
})
