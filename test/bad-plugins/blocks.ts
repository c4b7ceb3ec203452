// Blocks the thread with 0.4 s of computing, before its first await and after it.
import { setImmediate as turn } from 'node:timers/promises'
import { definePlugin } from '@kec/plugin-api'

function block(): void {
  const before = process.threadCpuUsage()
  while (process.threadCpuUsage(before).user < 400_000);
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
