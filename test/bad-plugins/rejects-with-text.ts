// Rejects twice with what is no Error, then takes what comes.
import { definePlugin } from '@kec/plugin-api'

export default definePlugin({
  name: 'rejects-with-text',
  apiVersion: 1,
  setup(kec) {
    const reasons = ['just a text', Object.create(null)]
    kec.hooks.onEvent.tapPromise('rejects-with-text', () => (reasons.length > 0 ? Promise.reject(reasons.shift()) : Promise.resolve()))
  },
})
