// Its schema does not answer but throws.
import { definePlugin } from '@kec/plugin-api'
import { z } from 'zod'

export default definePlugin({
  name: 'throwing-schema',
  apiVersion: 1,
  options: z.unknown().transform(() => {
    throw new Error('schema out of order')
  }),
  setup() {},
})
