// deploy/kec.yaml and the Dockerfile, as far as they can be had without a node of Kubernetes: a real API server takes the manifest, and kec
// runs from the Dockerfile's steps as the manifest's pod would run it, with the manifest's own rights.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse, parseAllDocuments } from 'yaml'
import { deployed } from '../deploy/manifest.ts'
import { samplesOf } from '../scrape.ts'
import { waitFor } from '../wait-for.ts'
import { missing, path } from './harness/assets.ts'
import { RealCluster } from './harness/cluster.ts'
import { noContainers } from './harness/container.ts'
import { buildImage } from './harness/image.ts'
import { Kec } from './harness/kec.ts'
import { Oracle } from './harness/oracle.ts'
import { newVolume, Pod, projected } from './harness/pod.ts'
import { freePort } from './harness/process.ts'

const manifest = join(import.meta.dirname, '../../deploy/kec.yaml')
const programs = missing('kube-apiserver', 'etcd', 'kubectl', 'openssl')
const template = deployed('Deployment').spec.template

/** The YAML of docs/in-cluster.md, in its order. */
const pageFile = join(import.meta.dirname, '../../docs/in-cluster.md')
const [roleText = '', includeText = '', patchText = ''] = [...readFileSync(pageFile, 'utf8').matchAll(/^```yaml\n(.*?)^```$/gms)].map(
  ([, block = '']) => block,
)

function kubectl(cluster: RealCluster, ...args: readonly string[]): string {
  const env = { PATH: process.env.PATH, HOME: cluster.folder, KUBECONFIG: cluster.kubeconfig() }
  const { status, stdout, stderr } = spawnSync(path('kubectl'), args, { encoding: 'utf8', env })
  assert.equal(status, 0, `kubectl ${args.join(' ')}: ${stderr}`)
  return stdout
}

test('the API server takes deploy/kec.yaml, and its namespace takes only pods as harmless as its own', {
  skip: programs,
  timeout: 120_000,
}, async () => {
  await using cluster = await RealCluster.start()
  kubectl(cluster, 'create', 'namespace', 'kec', '--save-config')
  assert.match(kubectl(cluster, 'apply', '--dry-run=server', '-f', manifest), /^deployment.apps\/kec created \(server dry run\)$/m)
  assert.match(kubectl(cluster, 'apply', '-f', manifest), /^deployment.apps\/kec created$/m)
  assert.doesNotMatch(kubectl(cluster, 'apply', '-f', manifest), /created|configured/, 'a second time changes nothing')

  const admit = async (spec: object) => {
    const pod = { metadata: { name: 'kec', labels: template.metadata.labels }, spec }
    return cluster.client.post('/api/v1/namespaces/kec/pods?dryRun=All', pod)
  }
  const own = await admit(template.spec)
  assert.equal(own.status, 201, JSON.stringify(own.body))
  const { runAsNonRoot: _, ...without } = template.spec.securityContext
  const { status, body } = await admit({ ...template.spec, securityContext: without })
  assert.equal(status, 403)
  assert.match(body.message, /violates PodSecurity "restricted:latest": runAsNonRoot != true/)
})

test('docs/in-cluster.md: the rights for some namespaces suffice there, and the predecessor finds its files', {
  skip: programs,
  timeout: 120_000,
}, async () => {
  await using cluster = await RealCluster.start()
  kubectl(cluster, 'apply', '-f', manifest)
  kubectl(cluster, 'delete', 'clusterrolebinding', 'kec')
  const { include } = parse(includeText).source.namespaces
  const roles = parseAllDocuments(roleText).map(document => document.toJS())
  for (const name of include) {
    await cluster.namespace(name)
    for (const role of roles) assert.equal(role.metadata.namespace, name)
  }
  const files = { roles: join(cluster.folder, 'roles.yaml'), patch: join(cluster.folder, 'patch.yaml') }
  writeFileSync(files.roles, roleText)
  writeFileSync(files.patch, patchText)
  kubectl(cluster, 'apply', '-f', files.roles)
  const mayReadAll = async () => {
    const user = 'system:serviceaccount:kec:kec'
    const resourceAttributes = { group: 'events.k8s.io', resource: 'events', verb: 'list' }
    const answer = await cluster.client.post('/apis/authorization.k8s.io/v1/subjectaccessreviews', { spec: { user, resourceAttributes } })
    return answer.body.status.allowed
  }
  await waitFor('the right to read all to be gone', async () => !(await mayReadAll()))
  const oracle = new Oracle(cluster, include)
  await oracle.run({ writes: 10 })
  const token = kubectl(cluster, 'create', 'token', 'kec', '-n', 'kec').trim()
  await using kec = await Kec.start(join(cluster.folder, 'some'), cluster.kubeconfig({ token }), parse(includeText))
  await kec.ready()
  const theirs = oracle.events.filter(({ namespace }) => include.includes(namespace)) // those of nodes are elsewhere
  const uids = (await kec.logged(theirs.length)).map(({ uid }) => uid)
  assert.deepEqual(new Set(uids), new Set(theirs.map(({ versions }) => versions[0]?.uid)))
  await oracle.close()

  const patched = ['patch', 'deployment', 'kec', '-n', 'kec', '--patch-file', files.patch, '--dry-run=server', '-o', 'json']
  const { template: pod } = JSON.parse(kubectl(cluster, ...patched)).spec
  const [container] = pod.spec.containers
  const mount = container.volumeMounts.find(({ name }: { name: string }) => name === 'predecessor').mountPath
  assert.deepEqual(container.args, ['start', '--config', `${mount}/config.yaml`, '--kubeconfig', `${mount}/kubeconfig`])
  assert.equal(container.volumeMounts.length, template.spec.containers[0].volumeMounts.length + 1)
})

test("kec runs from the Dockerfile's steps as the manifest's pod runs it", {
  skip: programs || noContainers(),
  timeout: 240_000,
}, async () => {
  await using cluster = await RealCluster.start()
  kubectl(cluster, 'apply', '-f', manifest)
  const folder = join(cluster.folder, 'node')
  mkdirSync(folder)
  const image = await buildImage(folder)

  // The one thing that differs: this machine's network is not the pod's, and its port 8080 may be taken.
  const port = await freePort()
  const config = deployed('ConfigMap').data['kec.config.yaml']?.replace('port: 8080', `port: ${port}`) ?? ''
  assert.match(config, new RegExp(`port: ${port}`))
  const { fsGroup, runAsUser } = template.spec.securityContext
  const volumes = { config: join(folder, 'config'), state: join(folder, 'state'), tmp: join(folder, 'tmp') }
  projected(volumes.config, { 'kec.config.yaml': config }, fsGroup, 0o644)
  newVolume(volumes.state, fsGroup, ['lost+found'])
  newVolume(volumes.tmp, fsGroup)
  const token = kubectl(cluster, 'create', 'token', 'kec', '-n', 'kec').trim()
  const account = { token, 'ca.crt': cluster.ca, namespace: 'kec' }
  let started = 0
  const start = (command?: readonly string[]) => {
    const own = join(folder, `pod-${++started}`)
    const options = { image, template, volumes, account, apiServer: new URL(cluster.url), folder: own }
    return new Pod({ ...options, ...(command && { command }) })
  }

  await using intruder = start(['/bin/sh', '-c', 'id -u; cat /proc/self/status; touch /kec/here /etc/kec/here /here'])
  assert.notEqual(await intruder.end(), 0)
  assert.match(intruder.stdout, new RegExp(`^${runAsUser}$`, 'm'))
  assert.match(intruder.stdout, /^CapBnd:\s+0+$/m)
  assert.match(intruder.stdout, /^NoNewPrivs:\s+1$/m)
  assert.equal(intruder.stderr.match(/Read-only file system/g)?.length, 3)

  const [{ startupProbe, livenessProbe, readinessProbe }] = template.spec.containers
  const ask = async (route = '') => fetch(`http://127.0.0.1:${port}${route}`).catch(() => undefined)
  const answers = (route: string) => async () => (await ask(route))?.status === 200
  const logged = (pod: Pod) =>
    pod.stdout
      .split('\n')
      .slice(0, -1)
      .map(line => JSON.parse(line))
  const oracle = new Oracle(cluster)

  await using first = start()
  for (const { httpGet } of [startupProbe, livenessProbe, readinessProbe])
    await first.until(`${httpGet.path} to answer 200`, answers(httpGet.path))
  await oracle.run({ writes: 20 })
  const written = oracle.events.flatMap(({ versions }) => versions).length
  await first.until('every version to be on stdout', () => logged(first).length >= written)
  const kubeSystem = await cluster.client.get('/api/v1/namespaces/kube-system')
  const ids = logged(first).map(({ id }) => id)
  assert.equal(new Set(ids).size, written)
  assert.ok(
    ids.every(id => id.startsWith(`${kubeSystem.body.metadata.uid}/`)),
    "the cluster's uid, by the manifest's second right",
  )
  const scrape = async () => (await ask(template.metadata.annotations['prometheus.io/path']))?.text()
  const occurrences = async () => samplesOf((await scrape()) ?? '', 'kec_events_total').reduce((sum, { value }) => sum + value, 0)
  await first.until('the metrics to have them', async () => (await occurrences()) >= oracle.occurrences)
  assert.equal(await occurrences(), oracle.occurrences)
  first.signal('SIGTERM')
  assert.equal(await first.end(), 0, first.stderr)
  assert.doesNotMatch(first.stderr, /"level":"(warn|error)"/, 'it wrote nowhere but where it may, and lacked nothing')

  const journal = join(volumes.state, 'journal')
  assert.deepEqual(modes(volumes.state), { journal: '700', 'lost+found': '700' })
  for (const [name, mode] of Object.entries(modes(journal))) assert.equal(mode, '600', name)
  assert.equal(statSync(journal).uid, runAsUser)

  await using second = start()
  await second.until('kec to be ready again', answers(readinessProbe.httpGet.path))
  await oracle.run({ writes: 1 })
  await second.until('what is new to be on stdout', () => logged(second).length > 0)
  second.signal('SIGTERM')
  assert.equal(await second.end(), 0, second.stderr)
  assert.equal(logged(second).length, 1, 'what the first one delivered does not come again')
  await oracle.close()
})

function modes(folder: string): Record<string, string> {
  const mode = (name: string) => (statSync(join(folder, name)).mode & 0o777).toString(8)
  return Object.fromEntries(readdirSync(folder).map(name => [name, mode(name)]))
}
