// The plugin is not the default export.
import { definePlugin } from '@kec/plugin-api'

export const sink = definePlugin({ name: 'named-export', apiVersion: 1, setup() {} })
