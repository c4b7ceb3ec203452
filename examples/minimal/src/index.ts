import { appendFile } from 'node:fs/promises'
import { definePlugin } from '@kec/plugin-api'

/** Appends each event as a line of JSON to events.ndjson, in the folder that kec runs in. */
export default definePlugin({
  name: 'minimal',
  apiVersion: 1,
  setup(kec) {
    kec.hooks.onEvent.tapPromise('minimal', batch =>
      appendFile('events.ndjson', batch.map(event => `${JSON.stringify(event)}\n`).join(''), { mode: 0o600 }),
    )
  },
})
