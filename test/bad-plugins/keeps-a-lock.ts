// Leaves a lock behind that only its onShutdown takes away.
import { definePlugin } from '@kec/plugin-api'
import { options } from '../fake-system.ts'

const locks = new WeakMap<object, object>()

export default definePlugin({
  name: 'keeps-a-lock',
  apiVersion: 1,
  options,
  setup(kec, { system }) {
    const owner = {}
    locks.set(system, locks.get(system) ?? owner)
    kec.hooks.onEvent.tapPromise('keeps-a-lock', async (batch, delivery) => {
      if (locks.get(system) !== owner) throw new Error('locked')
      await system.take(batch, delivery.signal)
    })
    kec.hooks.onShutdown.tap('keeps-a-lock', () => {
      locks.delete(system)
    })
  },
})
