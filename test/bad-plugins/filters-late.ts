// Its onFilter answers with a promise, which no filter may.
import { definePlugin } from '@kec/plugin-api'

export default definePlugin({
  name: 'filters-late',
  apiVersion: 1,
  setup(kec) {
    kec.hooks.onFilter.tap('filters-late', (async () => false) as never) // TypeScript refuses it; JavaScript does not
  },
})
