// Takes its batch, and throws where nobody waits for it: in a timer, and in a promise that is left alone.
import { definePlugin } from '@kec/plugin-api'

export default definePlugin({
  name: 'throws-later',
  apiVersion: 1,
  setup(kec) {
    kec.hooks.onEvent.tap('throws-later', () => {
      setTimeout(() => {
        throw new Error('in a timer')
      }, 1)
      void Promise.reject(new Error('in a promise'))
    })
  },
})
