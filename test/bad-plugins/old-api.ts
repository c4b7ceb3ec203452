// Written for an API that is gone.
import { definePlugin } from '@kec/plugin-api'

// @ts-expect-error: tsc tells its author; kec must tell who installs it
export default definePlugin({ name: 'old-api', apiVersion: 0, setup() {} })
