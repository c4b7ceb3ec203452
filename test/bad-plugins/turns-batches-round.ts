// Sends what is newest first.
import { definePlugin } from '@kec/plugin-api'
import { options } from '../fake-system.ts'

export default definePlugin({
  name: 'turns-batches-round',
  apiVersion: 1,
  options,
  setup(kec, { system }) {
    kec.hooks.onEvent.tapPromise('turns-batches-round', (batch, delivery) => system.take(batch.toReversed(), delivery.signal))
  },
})
