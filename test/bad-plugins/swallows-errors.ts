// Logs that its system failed, and says that all is well.
import { definePlugin } from '@kec/plugin-api'
import { options } from '../fake-system.ts'

export default definePlugin({
  name: 'swallows-errors',
  apiVersion: 1,
  options,
  setup(kec, { system }) {
    kec.hooks.onEvent.tapPromise('swallows-errors', async (batch, delivery) => {
      await system.take(batch, delivery.signal).catch(error => kec.log.warn(`cannot deliver: ${error}`))
    })
  },
})
