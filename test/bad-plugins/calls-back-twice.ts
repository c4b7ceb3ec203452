// Calls back twice, and a third time with an error. Its second tap must run once for each batch all the same.
import { definePlugin } from '@kec/plugin-api'

export default definePlugin({
  name: 'calls-back-twice',
  apiVersion: 1,
  setup(kec) {
    kec.hooks.onEvent.tapAsync('calls-back-twice', (_batch, _delivery, done) => {
      done()
      done()
      done(new Error('too late'))
    })
    kec.hooks.onEvent.tap('calls-back-twice', batch => kec.log.info('second tap', { events: batch.length }))
  },
})
