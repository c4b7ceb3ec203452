import { definePlugin } from '@kec/plugin-api'
import { formatBatch } from './line.ts'
import { LogFile } from './log-file.ts'
import { options } from './options.ts'
import { writeToStdout } from './stdout.ts'

/** One line of JSON for each event, to a file that rotates, or to standard output. */
export default definePlugin({
  name: 'log',
  apiVersion: 1,
  delivery: { maxBatch: 2_000 }, // one write for each
  options,
  async setup(kec, { file, fields, maxSize, keepDays, sync }) {
    // delivery.signal is not heeded: a write that has begun can't be taken back, and its end is what counts.
    if (file === undefined) {
      const write = writeToStdout()
      kec.hooks.onEvent.tapPromise('log', batch => write(formatBatch(batch, fields)))
      return
    }
    const logFile = new LogFile({ file, maxSize, keepDays, sync, warn: message => kec.log.warn(message) })
    kec.hooks.onEvent.tapPromise('log', batch => logFile.write(formatBatch(batch, fields)))
    kec.hooks.onShutdown.tapPromise('log', () => logFile.close())
    await logFile.prepare() // last: `kec plugin list` learns what is tapped where nothing may be written, too
  },
})
