// Expects that every event says something.
import { definePlugin } from '@kec/plugin-api'
import { options } from '../fake-system.ts'

export default definePlugin({
  name: 'chokes',
  apiVersion: 1,
  options,
  setup(kec, { system }) {
    kec.hooks.onEvent.tapPromise('chokes', async (batch, delivery) => {
      for (const { message } of batch) if (message === '') throw new Error('no message')
      await system.take(batch, delivery.signal)
    })
  },
})
