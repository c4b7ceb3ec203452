// Throws at some events that it is to filter, at others it ends the process, at once and later.
import { definePlugin } from '@kec/plugin-api'

export default definePlugin({
  name: 'filters-badly',
  apiVersion: 1,
  setup(kec) {
    kec.hooks.onFilter.tap('filters-badly', ({ message }) => {
      if (message === '1-1') throw new Error('cannot judge this')
      if (message === '1-2') process.exit(3)
      if (message === '1-3') setTimeout(() => process.exit(4))
    })
  },
})
