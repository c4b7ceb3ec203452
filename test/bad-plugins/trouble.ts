// In trouble, each in its way, until a file `well` is there; then it writes down the version of each event that it gets.
import { appendFileSync, existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { definePlugin } from '@kec/plugin-api'
import { z } from 'zod'

const longerThanAnyTest = 24 * 3600_000

export const troubles = ['is down', 'hangs', 'hangs until its time is up', 'throws at every third', 'is slow'] as const

export default definePlugin({
  name: 'trouble',
  apiVersion: 1,
  delivery: { timeout: 1_000 },
  options: z.strictObject({ how: z.enum(troubles), well: z.string(), to: z.string() }),
  setup(kec, { how, well, to }) {
    let calls = 0
    kec.hooks.onEvent.tapPromise('trouble', async (batch, { signal }) => {
      if (!existsSync(well)) {
        calls++
        if (how === 'is down') throw new Error('down')
        if (how === 'hangs') await new Promise(() => {})
        if (how === 'hangs until its time is up') await sleep(longerThanAnyTest, undefined, { signal })
        if (how === 'throws at every third' && calls % 3 === 0) throw new Error('the third')
        if (how === 'is slow') await sleep(1_000)
      }
      appendFileSync(to, batch.map(({ resourceVersion }) => `${resourceVersion}\n`).join(''))
    })
  },
})
