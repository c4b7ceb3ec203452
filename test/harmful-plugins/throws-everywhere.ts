// Throws where nobody waits for it: as it is loaded, in a microtask, in the next tick, in an event that nobody listens to.
import { createConnection } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { definePlugin } from '@kec/plugin-api'

void Promise.reject(new Error('while it was loaded'))
await turn() // it shows before the file is loaded, when kec has no log yet

export default definePlugin({
  name: 'throws-everywhere',
  apiVersion: 1,
  setup(kec) {
    void Promise.reject(new Error('beside the setup'))
    kec.hooks.onEvent.tap('throws-everywhere', () => {
      queueMicrotask(() => {
        throw new Error('in a microtask')
      })
      process.nextTick(() => {
        throw Object.create(null)
      })
      createConnection('/no/such/socket')
    })
  },
})
