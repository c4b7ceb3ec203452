// Slows down for as long as a header says that is not there.
import { definePlugin } from '@kec/plugin-api'

export default definePlugin({
  name: 'reads-no-header',
  apiVersion: 1,
  setup(kec) {
    kec.hooks.onEvent.tap('reads-no-header', (_batch, delivery) => {
      const headers = new Headers()
      delivery.slowDown(Number(headers.get('retry-after') ?? undefined) * 1000)
    })
  },
})
