// Rejects events that it did not get.
import { definePlugin, type KubeEvent } from '@kec/plugin-api'

export default definePlugin({
  name: 'marks-strangers',
  apiVersion: 1,
  setup(kec) {
    let last: KubeEvent | undefined
    kec.hooks.onEvent.tap('marks-strangers', (batch, delivery) => {
      if (last) delivery.reject(last, 'too late')
      last = batch.at(-1)
    })
  },
})
