// Remembers what every event said.
import { definePlugin } from '@kec/plugin-api'
import { options } from '../fake-system.ts'

export default definePlugin({
  name: 'keeps-texts',
  apiVersion: 1,
  options,
  setup(kec, { system }) {
    const had = new Map<string, string>()
    kec.hooks.onEvent.tapPromise('keeps-texts', async (batch, delivery) => {
      await system.take(batch, delivery.signal)
      for (const { id, message } of batch) had.set(id, message)
    })
  },
})
