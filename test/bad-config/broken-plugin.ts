import { definePlugin } from '@kec/plugin-api'

export default definePlugin({ name: 'broken' apiVersion: 1 })
