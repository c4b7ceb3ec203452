// Never gives the thread back: kec as a whole stands still, which nothing in the same process can mend.
import { definePlugin } from '@kec/plugin-api'

export default definePlugin({
  name: 'spins',
  apiVersion: 1,
  setup(kec) {
    kec.hooks.onEvent.tapPromise('spins', async () => {
      for (;;) await undefined
    })
  },
})
