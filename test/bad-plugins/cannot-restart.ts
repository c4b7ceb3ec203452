// Does not expect what an earlier run left.
import { definePlugin } from '@kec/plugin-api'

export default definePlugin({
  name: 'cannot-restart',
  apiVersion: 1,
  setup(kec) {
    if (kec.state.get('seen') !== undefined) throw new Error('the state is not empty')
    kec.hooks.onEvent.tap('cannot-restart', () => kec.state.set('seen', true))
  },
})
