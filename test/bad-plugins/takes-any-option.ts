// Does not look at its options.
import { definePlugin } from '@kec/plugin-api'
import { z } from 'zod'

export default definePlugin({
  name: 'takes-any-option',
  apiVersion: 1,
  options: z.object({ url: z.string().optional() }),
  setup(kec) {
    kec.hooks.onEvent.tap('takes-any-option', () => {})
  },
})
