// No sin of its own: it has options to get wrong.
import { definePlugin } from '@kec/plugin-api'
import { z } from 'zod'

export default definePlugin({
  name: 'picky',
  apiVersion: 1,
  delivery: { maxBatch: 10, maxAttempts: 3 },
  options: z.strictObject({ url: z.url(), tls: z.strictObject({ verify: z.boolean() }).optional() }),
  setup() {},
})
