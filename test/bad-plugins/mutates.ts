// Tries to change what others get as well; says what it could change.
import { definePlugin } from '@kec/plugin-api'

export default definePlugin({
  name: 'mutates',
  apiVersion: 1,
  setup(kec) {
    kec.hooks.onEvent.tap('mutates', batch => {
      for (const event of batch) {
        const attempts = {
          message: Reflect.set(event, 'message', 'changed'),
          added: Reflect.set(event, 'added', 'changed'),
          regarding: Reflect.set(event.regarding, 'name', 'changed'),
          labels: Reflect.set(event.labels, 'app', 'changed'),
          raw: Reflect.set(event.raw, 'message', 'changed'),
        }
        for (const [what, changed] of Object.entries(attempts)) if (changed) kec.log.error('changed', { what })
      }
      if (Reflect.set(batch, 0, undefined)) kec.log.error('changed', { what: 'batch' })
      kec.log.info('tried', { events: batch.length })
    })
  },
})
