// Its onFilter throws at an event without a reason.
import { definePlugin } from '@kec/plugin-api'

export default definePlugin({
  name: 'filters-rashly',
  apiVersion: 1,
  setup(kec) {
    kec.hooks.onFilter.tap('filters-rashly', ({ reason }) => {
      if (reason === '') throw new Error('no reason')
    })
  },
})
