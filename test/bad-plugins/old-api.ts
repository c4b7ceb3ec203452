// Written for an API that is gone.
import { definePlugin } from '@kec/plugin-api'

export default definePlugin({ name: 'old-api', apiVersion: 0, setup() {} })
