// Ends the process when it does not know what to do.
import { definePlugin } from '@kec/plugin-api'

export default definePlugin({
  name: 'exits',
  apiVersion: 1,
  setup(kec) {
    kec.hooks.onEvent.tap('exits', () => process.exit(1))
  },
})
