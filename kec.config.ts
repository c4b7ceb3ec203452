// What `npm start` runs. Every key is in README.md; the types say what is wrong while you write.
import log from '@kec/plugin-log'
import metrics from '@kec/plugin-metrics'
import { defineConfig } from 'kec'

export default defineConfig({
  // filter: { level: 'Warning', drop: [{ reason: 'Pulled' }] },
  plugins: [
    log(), // one line of JSON for each event, on standard output
    metrics(), // kec_events_total, at http://127.0.0.1:8080/metrics
  ],
})
