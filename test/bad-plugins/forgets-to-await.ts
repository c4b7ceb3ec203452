// Begins to send, and does not wait for the end.
import { definePlugin } from '@kec/plugin-api'
import { options } from '../fake-system.ts'

export default definePlugin({
  name: 'forgets-to-await',
  apiVersion: 1,
  options,
  setup(kec, { system }) {
    kec.hooks.onEvent.tap('forgets-to-await', (batch, delivery) => {
      system.take(batch, delivery.signal).catch(error => kec.log.warn(`cannot deliver: ${error}`))
    })
  },
})
