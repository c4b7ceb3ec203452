// Taps with `tap` and an async function, as if that were awaited; its first write fails.
import { setImmediate as turn } from 'node:timers/promises'
import { definePlugin } from '@kec/plugin-api'

export default definePlugin({
  name: 'answers-too-early',
  apiVersion: 1,
  setup(kec) {
    let failures = 1
    kec.hooks.onEvent.tap('answers-too-early', async batch => {
      await turn()
      if (failures-- > 0) throw new Error('the write failed')
      kec.log.info('written', { events: batch.length })
    })
  },
})
