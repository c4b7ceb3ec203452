import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { after, before, describe, test } from 'node:test'
import { generating, kecGenerate, type Shop } from '../generate.ts'
import { playing } from '../scenarios.ts'
import { waitFor } from '../wait-for.ts'
import { missing, path } from './harness/assets.ts'
import { RealCluster } from './harness/cluster.ts'

const crd = {
  metadata: { name: 'widgets.acme.test' },
  spec: {
    group: 'acme.test',
    scope: 'Namespaced',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget', shortNames: ['wd'] },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
}
const containers = [{ name: 'web', image: 'web' }]

async function fill(cluster: RealCluster): Promise<void> {
  await cluster.namespace('shop')
  await cluster.ensure('/api/v1/namespaces/shop/pods', { metadata: { name: 'web-0' }, spec: { containers } })
  await cluster.ensure('/api/v1/nodes', { metadata: { name: 'worker-1' } })
  await cluster.ensure('/apis/apps/v1/namespaces/shop/deployments', {
    metadata: { name: 'web' },
    spec: { selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec: { containers } } },
  })
  await cluster.ensure('/apis/rbac.authorization.k8s.io/v1/clusterroles', { metadata: { name: 'system:thing' } })
  await cluster.ensure('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', crd)
  const widgets = '/apis/acme.test/v1/namespaces/shop/widgets'
  await waitFor('the new kind to be served', async () => (await cluster.client.get(widgets)).status === 200)
  await cluster.ensure(widgets, { apiVersion: 'acme.test/v1', kind: 'Widget', metadata: { name: 'w1' } })
}

describe('kec generate on a real kube-apiserver', { skip: missing('kube-apiserver', 'etcd', 'openssl') }, () => {
  let cluster: RealCluster
  let shop: Shop

  before(async () => {
    cluster = await RealCluster.start()
    await fill(cluster)
    shop = { client: cluster.client, kubeconfig: cluster.kubeconfig() }
  })
  after(() => cluster.stop())

  generating(() => shop)
  playing(() => shop)

  test('about an object whose name cannot be part of an event name', async () => {
    const { code, stdout } = await kecGenerate(shop.kubeconfig, '--kind', 'clusterroles', '--name', 'system:thing', '-o', 'name')
    assert.equal(code, 0)
    assert.match(stdout, /\/[0-9a-f]{8}-[0-9a-f-]{27}\n$/)
  })

  test('the least rights that it needs', async () => {
    const rules = [
      { apiGroups: [''], resources: ['namespaces'], verbs: ['get'] },
      { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create'] },
    ]
    const account = await cluster.serviceAccount('generator', rules)
    const token = cluster.credentials.serviceAccountToken(account, new Date(Date.now() + 60_000))
    assert.equal((await kecGenerate(cluster.kubeconfig({ token }))).code, 0)
    const repeated = await kecGenerate(cluster.kubeconfig({ token }), '--repeat', '2')
    assert.equal(repeated.code, 1)
    assert.match(repeated.stderr, /a right is missing: .*cannot patch resource "events" in API group ""/)
  })

  test('by a client certificate', async () => {
    const user = cluster.credentials.clientCertificate('admin', ['system:masters'], new Date(Date.now() + 60_000))
    assert.equal((await kecGenerate(cluster.kubeconfig(user))).code, 0)
    const expired = cluster.credentials.clientCertificate('admin', ['system:masters'], new Date(Date.now() - 60_000))
    const { code, stderr } = await kecGenerate(cluster.kubeconfig(expired))
    assert.equal(code, 1)
    assert.match(stderr, /KEC_CLUSTER: the client certificate of .* expired at/)
  })

  test('the command that it names shows the event', { skip: missing('kubectl') }, async () => {
    for (const args of [[], ['--count', '2', '--reason', 'Two words'], ['--repeat', '3']]) {
      const { stdout } = await kecGenerate(shop.kubeconfig, ...args)
      const command = /kubectl (get event.*)\n$/.exec(stdout)?.[1] ?? assert.fail(stdout)
      const env = { PATH: process.env.PATH, HOME: cluster.folder, KUBECONFIG: shop.kubeconfig }
      const shown = execFileSync('/bin/sh', ['-c', `${path('kubectl')} ${command}`], { env, encoding: 'utf8' })
      assert.match(shown, args.length > 2 ? /Two words/ : /Testing-Reason/)
    }
  })
})
