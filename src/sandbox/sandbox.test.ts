import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startSandbox } from './sandbox.ts'

test('a list, a watch from it, and what is done in process arrives in the watch', async () => {
  const sandbox = await startSandbox()
  try {
    const headers = { authorization: `Bearer ${sandbox.token}` }
    sandbox.store.create({ metadata: { name: 'a' }, reason: 'Pulled', involvedObject: { kind: 'Pod' } })
    const listed = JSON.parse(await (await fetch(`${sandbox.url}/apis/events.k8s.io/v1/events`, { headers })).text())
    assert.equal(listed.items[0].regarding.kind, 'Pod')
    const watch = await fetch(`${sandbox.url}/api/v1/events?watch=1&resourceVersion=${listed.metadata.resourceVersion}`, { headers })
    sandbox.store.update('a', { count: 2 })
    sandbox.store.create({ metadata: { name: 'b' } })
    sandbox.store.delete('a')
    const reader = (watch.body ?? assert.fail()).pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    while (text.split('\n').length < 4) text += (await reader.read()).value
    const frames = text
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    assert.deepEqual(
      frames.map(({ type, object }) => [type, object.metadata.name, object.count]),
      [
        ['MODIFIED', 'a', 2],
        ['ADDED', 'b', undefined],
        ['DELETED', 'a', 2],
      ],
    )
  } finally {
    await sandbox.close()
  }
})
