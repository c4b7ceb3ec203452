// Written for an API that this kec does not know yet.
import { definePlugin } from '@kec/plugin-api'

// @ts-expect-error: tsc tells its author; kec must tell who installs it
export default definePlugin({ name: 'new-api', apiVersion: 99, setup() {} })
