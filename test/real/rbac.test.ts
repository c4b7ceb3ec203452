// deploy/kec.yaml is all that kec needs, and each of its rules is needed: without it kec says which right is missing.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { deployed, type Rule } from '../deploy/manifest.ts'
import { missing } from './harness/assets.ts'
import { RealCluster } from './harness/cluster.ts'
import { Kec } from './harness/kec.ts'
import { Oracle } from './harness/oracle.ts'
import { lastOfEach } from './harness/verdict.ts'

const withoutVerb = (rules: readonly Rule[], verb: string): Rule[] =>
  rules.map(rule => ({ ...rule, verbs: rule.verbs.filter(one => one !== verb) })).filter(({ verbs }) => verbs.length > 0)

test('deploy/kec.yaml suffices, and each right in it is needed', {
  skip: missing('kube-apiserver', 'etcd', 'openssl'),
  timeout: 180_000,
}, async () => {
  await using cluster = await RealCluster.start()
  const oracle = new Oracle(cluster)
  await oracle.run({ writes: 20 })
  const runAs = async (name: string, rules: readonly Rule[], more: object = {}): Promise<Kec> => {
    const account = await cluster.serviceAccount(name, rules)
    const token = cluster.credentials.serviceAccountToken(account, new Date(Date.now() + 3600_000))
    return Kec.start(join(cluster.folder, name), cluster.kubeconfig({ token }), more)
  }
  const { rules } = deployed('ClusterRole')
  const kubeSystem = await cluster.client.get('/api/v1/namespaces/kube-system')

  await using all = await runAs('all', rules)
  await all.ready()
  const [line] = await all.logged(oracle.last.length)
  assert.ok(line?.id.startsWith(`${kubeSystem.body.metadata.uid}/`), 'ids begin with the uid of the cluster')

  await using withoutList = await runAs('without-list', withoutVerb(rules, 'list'))
  await withoutList.heard(/grant list events in apiGroup \\?"events\.k8s\.io\\?" in all namespaces/)

  await using withoutWatch = await runAs('without-watch', withoutVerb(rules, 'watch'))
  await withoutWatch.heard(/grant watch events in apiGroup \\?"events\.k8s\.io\\?" in all namespaces/)

  await using withoutGet = await runAs('without-get', withoutVerb(rules, 'get'))
  await withoutGet.ready()
  const [standIn] = await withoutGet.logged(oracle.last.length)
  assert.ok(standIn?.id.startsWith('real/'), "without the cluster's uid its configured name stands in")

  const core = rules.map(rule => (rule.resources.includes('events') ? { ...rule, apiGroups: [''] } : rule))
  await using coreOnly = await runAs('core-only', core)
  await coreOnly.ready()
  await lastOfEach(coreOnly, oracle)
  await coreOnly.heard(/reading events through v1/)
  await oracle.close()
})
