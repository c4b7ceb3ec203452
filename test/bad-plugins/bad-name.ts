// A name that could not stand in a metric.
import { definePlugin } from '@kec/plugin-api'

export default definePlugin({ name: 'bad name\n', apiVersion: 1, setup() {} })
