// Remembers every event that it had.
import { definePlugin, type KubeEvent } from '@kec/plugin-api'
import { options } from '../fake-system.ts'

export default definePlugin({
  name: 'keeps-events',
  apiVersion: 1,
  options,
  setup(kec, { system }) {
    const had: KubeEvent[] = []
    kec.hooks.onEvent.tapPromise('keeps-events', async (batch, delivery) => {
      await system.take(batch, delivery.signal)
      had.push(...batch)
    })
  },
})
