// Ends the process in its setup.
import { definePlugin } from '@kec/plugin-api'

export default definePlugin({
  name: 'exits-in-setup',
  apiVersion: 1,
  async setup() {
    await Promise.resolve()
    process.exit(3)
  },
})
