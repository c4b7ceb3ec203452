// Never comes back from its first failure.
import { definePlugin } from '@kec/plugin-api'
import { options } from '../fake-system.ts'

export default definePlugin({
  name: 'breaks-for-good',
  apiVersion: 1,
  options,
  setup(kec, { system }) {
    let isBroken = false
    kec.hooks.onEvent.tapPromise('breaks-for-good', async (batch, delivery) => {
      if (isBroken) throw new Error('closed')
      await system.take(batch, delivery.signal).catch(error => {
        isBroken = true
        throw error
      })
    })
  },
})
