// Loads well; its setup says no.
import { definePlugin } from '@kec/plugin-api'

export default definePlugin({
  name: 'throws-in-setup',
  apiVersion: 1,
  setup() {
    throw new Error('the folder /nowhere does not exist')
  },
})
