// Ends the process as its file is loaded.
import { definePlugin } from '@kec/plugin-api'

if (process.env.NOBODY_SETS_THIS === undefined) process.exit(3)

export default definePlugin({ name: 'exits-on-import', apiVersion: 1, setup() {} })
