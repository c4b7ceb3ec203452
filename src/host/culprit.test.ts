import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asPlugin, PluginStrays } from './culprit.ts'

test('what a plugin throws where nobody waits is told with its causes, and once there is a log', () => {
  const strays = new PluginStrays()
  const told: string[] = []
  const refused = new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED 127.0.0.1:9') })
  assert.equal(strays.deal(refused), false)
  assert.equal(
    asPlugin('pager', () => strays.deal(refused)),
    true,
  )
  const note = (message: string) => void told.push(message.split('\n')[0] ?? '')
  strays.tellIn({ debug: note, info: note, warn: note, error: note })
  assert.deepEqual(told, [
    'plugin pager threw outside of its promises; kec goes on: TypeError: fetch failed: connect ECONNREFUSED 127.0.0.1:9',
  ])
})
