// Sets its state where nothing commits it, and does not look at the error.
import { definePlugin } from '@kec/plugin-api'

export default definePlugin({
  name: 'sets-state-in-setup',
  apiVersion: 1,
  setup(kec) {
    try {
      kec.state.set('started', true)
    } catch {}
    kec.hooks.onEvent.tap('sets-state-in-setup', () => {})
  },
})
