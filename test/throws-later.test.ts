import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { until } from '../src/delivery/fixture.ts'
import { PluginStrays } from '../src/host/culprit.ts'
import { catchStrays, onStray } from '../src/strays.ts'
import { neighbours, total } from './neighbours.ts'

/** In a process of its own: what nobody catches would end the test. */
async function throwLater(): Promise<void> {
  const strays: string[] = []
  const note = (message: string) => void strays.push(message.split('\n')[0] ?? '')
  catchStrays()
  const plugins = new PluginStrays()
  plugins.tellIn({ debug: note, info: note, warn: note, error: note })
  onStray(error => plugins.deal(error))
  let stop = () => {}
  const host = await neighbours(['throws-later'], end => {
    stop = end
  })
  host.start()
  await until(() => host.got.length === total && host.consumerOf('throws-later').status.pending === 0)
  await until(() => strays.length >= 2)
  stop()
  process.stdout.write(JSON.stringify([...new Set(strays)].sort()))
}

if (process.argv[2] === 'throw-later') await throwLater()
else
  test('what a plugin throws where nobody waits for it: it is named, and kec goes on', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [import.meta.filename, 'throw-later'], { encoding: 'utf8' })
    assert.equal(stderr, '')
    assert.equal(status, 0)
    assert.deepEqual(JSON.parse(stdout), [
      'plugin throws-later threw outside of its promises; kec goes on: Error: in a promise',
      'plugin throws-later threw outside of its promises; kec goes on: Error: in a timer',
    ])
  })
