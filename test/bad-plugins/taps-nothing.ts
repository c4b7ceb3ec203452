// Is set up, and will never be called.
import { definePlugin } from '@kec/plugin-api'

export default definePlugin({ name: 'taps-nothing', apiVersion: 1, setup() {} })
