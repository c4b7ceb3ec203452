// Logs what it sends, with the token.
import { definePlugin } from '@kec/plugin-api'
import { options } from '../fake-system.ts'

export default definePlugin({
  name: 'tells-its-secret',
  apiVersion: 1,
  options,
  setup(kec, { system, token }) {
    kec.hooks.onEvent.tapPromise('tells-its-secret', async (batch, delivery) => {
      kec.log.info('sending', { authorization: `Bearer ${token}` })
      await system.take(batch, delivery.signal)
    })
  },
})
