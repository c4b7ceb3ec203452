// Written for an API that this kec does not know yet.
import { definePlugin } from '@kec/plugin-api'

export default definePlugin({ name: 'new-api', apiVersion: 99, setup() {} })
