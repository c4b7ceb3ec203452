import { definePlugin } from '@kec/plugin-api'
import { formatBatch } from './line.ts'
import { LogFile } from './log-file.ts'
import { options } from './options.ts'
import { writeTo } from './stream.ts'

/** One line of JSON for each event, to a file that rotates, or to standard output. */
export default definePlugin({
  name: 'log',
  apiVersion: 1,
  delivery: { maxBatch: 2_000 }, // one write for each
  options,
  async setup(kec, { file, fields, maxSize, keepDays, sync }) {
    if (file === undefined) {
      kec.hooks.onEvent.tapPromise('log', batch => writeTo(process.stdout, formatBatch(batch, fields)))
      return
    }
    const logFile = new LogFile({ file, maxSize, keepDays, sync })
    await logFile.prepare()
    kec.hooks.onEvent.tapPromise('log', batch => logFile.write(formatBatch(batch, fields)))
    kec.hooks.onShutdown.tapPromise('log', () => logFile.close())
  },
})
