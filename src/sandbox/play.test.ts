import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Client } from '../../test/contract/client.ts'
import { folderWith } from '../../test/folder.ts'
import { waitFor } from '../../test/wait-for.ts'
import { connectCluster } from '../cluster/connect.ts'
import type { Scenario } from '../scenarios/scenario.ts'
import { playInSandbox } from './play.ts'
import { startSandbox } from './sandbox.ts'

const brief = (name: string): Scenario => ({
  ...{ name, summary: '' },
  stage(cast) {
    const { name: node, uid } = cast.node(1)
    const about = { kind: 'Node', name: node, uid }
    const by = { component: 'kubelet', host: node, recorder: 'legacy' } as const
    return {
      objects: [{ resource: 'nodes', name: node, metadata: { uid }, spec: {}, status: {} }],
      story: [{ at: 0, by, about, type: 'Normal', reason: name, message: '' }],
    }
  },
})

test('a story that ends begins again, beside the others, until it is stopped', async t => {
  const sandbox = await startSandbox()
  const folder = folderWith(t, { kubeconfig: sandbox.kubeconfig })
  const cluster = await connectCluster({ kubeconfig: `${folder}/kubeconfig` })
  const client = new Client(sandbox)
  t.after(() => Promise.all([cluster.close(), client.close(), sandbox.close()]))
  const stop = new AbortController()
  const playing = playInSandbox({ sandbox, cluster, scenarios: [brief('A'), brief('B')], signal: stop.signal, pause: 1 })
  const times = (reason: string) => sandbox.store.list().filter(event => event.reason === reason).length
  let ended = false
  playing.finally(() => {
    ended = true
  })
  await waitFor('each to begin again', () => {
    assert.ok(!ended, 'it does not begin again')
    return times('A') >= 3 && times('B') >= 3
  })
  stop.abort()
  await playing
  const { items } = (await client.get('/api/v1/nodes')).body
  assert.equal(items.length, 1, 'scenarios share their nodes')
  assert.equal(items[0].metadata.uid, sandbox.store.list()[0]?.involvedObject.uid)
})

test('what a scenario throws is not kept back', async t => {
  const sandbox = await startSandbox()
  const folder = folderWith(t, { kubeconfig: sandbox.kubeconfig })
  const cluster = await connectCluster({ kubeconfig: `${folder}/kubeconfig` })
  t.after(() => Promise.all([cluster.close(), sandbox.close()]))
  sandbox.deny({ verb: 'create' })
  const { signal } = new AbortController()
  await assert.rejects(playInSandbox({ sandbox, cluster, scenarios: [brief('A')], signal }), /not allowed|forbidden|403/i)
})
