// Sends each batch once more, to be sure.
import { definePlugin } from '@kec/plugin-api'
import { options } from '../fake-system.ts'

export default definePlugin({
  name: 'sends-twice',
  apiVersion: 1,
  options,
  setup(kec, { system }) {
    kec.hooks.onEvent.tapPromise('sends-twice', async (batch, delivery) => {
      await system.take(batch, delivery.signal)
      await system.take(batch, delivery.signal)
    })
  },
})
