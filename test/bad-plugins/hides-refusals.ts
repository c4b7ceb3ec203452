// Takes what its system refuses for delivered.
import { definePlugin } from '@kec/plugin-api'
import { options } from '../fake-system.ts'

export default definePlugin({
  name: 'hides-refusals',
  apiVersion: 1,
  options,
  setup(kec, { system }) {
    kec.hooks.onEvent.tapPromise('hides-refusals', async (batch, delivery) => {
      for (const event of batch)
        await system.take([event], delivery.signal).catch(error => {
          if (!String(error).includes('refuses')) throw error
        })
    })
  },
})
