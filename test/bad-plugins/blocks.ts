// Blocks the thread with 0.4 s of computing: at its first batch before the first await, at its second after it.
import { setImmediate as turn } from 'node:timers/promises'
import { definePlugin } from '@kec/plugin-api'

let batches = 0

function block(): void {
  const before = process.threadCpuUsage()
  while (process.threadCpuUsage(before).user < 400_000) for (let i = 0; i < 1e6; i++);
}

export default definePlugin({
  name: 'blocks',
  apiVersion: 1,
  setup(kec) {
    kec.hooks.onEvent.tapPromise('blocks', async () => {
      batches++
      if (batches === 1) block()
      await turn()
      if (batches === 2) block()
      await turn()
    })
  },
})
