// Blocks the thread for 0.4 s, before its first await and after it.
import { setImmediate as turn } from 'node:timers/promises'
import { definePlugin } from '@kec/plugin-api'

function block(): void {
  const end = performance.now() + 400
  while (performance.now() < end);
}

export default definePlugin({
  name: 'blocks',
  apiVersion: 1,
  setup(kec) {
    let batches = 0
    kec.hooks.onEvent.tapPromise('blocks', async () => {
      batches++
      if (batches === 1) block()
      await turn()
      if (batches === 2) block()
      await turn()
    })
  },
})
