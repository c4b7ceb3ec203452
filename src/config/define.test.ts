// Types are behaviour too: tsc fails here when a mistake below compiles.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import log from '@kec/plugin-log'
import { defineConfig } from 'kec'

test('a configuration is checked where it is written', () => {
  const config = defineConfig({
    cluster: 'prod',
    filter: { level: 'Warning', drop: [{ reason: ['Pulled', 'Pull*'] }] },
    plugins: [
      log({ file: 'events.log' }, { name: 'files', match: { kind: 'Pod' } }),
      './my-sink.ts',
      { use: 'metrics', options: { legacy: true } },
    ],
  })
  assert.equal(config.cluster, 'prod')
  // @ts-expect-error: no such level
  defineConfig({ filter: { level: 'warning' } })
  // @ts-expect-error: no such key
  defineConfig({ filter: { levle: 'Warning' } })
  // @ts-expect-error: no such field of a rule
  defineConfig({ filter: { drop: [{ mesage: 'x' }] } })
  // @ts-expect-error: no such option of the plugin
  defineConfig({ plugins: [log({ fil: 'events.log' })] })
  // @ts-expect-error: an entry says which plugin
  defineConfig({ plugins: [{ options: {} }] })
})
