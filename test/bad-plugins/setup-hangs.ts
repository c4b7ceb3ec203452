// Its setup never ends.
import { definePlugin } from '@kec/plugin-api'

export default definePlugin({ name: 'setup-hangs', apiVersion: 1, setup: () => new Promise<void>(() => {}) })
