// Tries for ever what its system refuses.
import { definePlugin } from '@kec/plugin-api'
import { options } from '../fake-system.ts'

export default definePlugin({
  name: 'holds-up',
  apiVersion: 1,
  options,
  setup(kec, { system }) {
    kec.hooks.onEvent.tapPromise('holds-up', (batch, delivery) => system.take(batch, delivery.signal))
  },
})
