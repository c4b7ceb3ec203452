// Keeps the id of every event in its state.
import { definePlugin } from '@kec/plugin-api'
import { options } from '../fake-system.ts'

export default definePlugin({
  name: 'grows-its-state',
  apiVersion: 1,
  options,
  setup(kec, { system }) {
    kec.hooks.onEvent.tapPromise('grows-its-state', async (batch, delivery) => {
      await system.take(batch, delivery.signal)
      for (const { id } of batch) kec.state.set(id, true)
    })
  },
})
