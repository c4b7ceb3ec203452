import log from '@kec/plugin-log'
import { defineConfig } from 'kec'

// One plugin, two sinks: each has a name, which keys its place in the journal, a rule of its own, and options of its own.
export default defineConfig({
  plugins: [
    log({ file: 'warnings.log' }, { name: 'warnings', match: { type: 'Warning' } }),
    log(
      { file: 'pods.log', fields: ['timestamp', 'name', 'message'] },
      { name: 'pods', match: [{ kind: 'Pod' }, { kind: 'Job', name: 'nightly-*' }] },
    ),
  ],
})
