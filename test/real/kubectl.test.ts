// kubectl cannot tell the sandbox from a real API server: the same commands against both, and their whole outputs compared.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { startSandbox } from '../../src/sandbox/sandbox.ts'
import { Client } from '../contract/client.ts'
import { expected } from '../contract/place.ts'
import { waitFor } from '../wait-for.ts'
import { missing, path } from './harness/assets.ts'
import { RealCluster } from './harness/cluster.ts'
import { temporaryFolder } from './harness/process.ts'
import { backOff, event, files, objects, scheduled, withStatus } from './kubectl-objects.ts'

/** In their order: later ones see what earlier ones did. Files are named by their first word. */
const commands = [
  'get events',
  'get events -A',
  'get events -o wide',
  'get events.events.k8s.io',
  'get event web-0.1',
  'get event web-0.1 -o yaml',
  'get event web-0.2 -o yaml',
  'get events.events.k8s.io web-0.2 -o yaml',
  'get events -o name',
  'get events -o json',
  'get events -o custom-columns=R:.reason,N:.involvedObject.name',
  'get events --sort-by=.lastTimestamp',
  'get events --field-selector type=Warning',
  'get events --field-selector involvedObject.kind=Pod,reason!=BackOff',
  'get events --field-selector nonsense=1',
  'get events -l app=none',
  'get events -L app --show-kind',
  'get events --watch --output-watch-events --request-timeout=2s',
  'get events --watch-only --request-timeout=1s',
  'events',
  'events --for pod/web-0',
  'events --types Warning',
  'get pods',
  'get pods -o wide',
  'get pods --show-labels',
  'get pods --field-selector spec.nodeName=worker-1',
  'get pods --field-selector spec.colour=blue',
  'get nodes',
  'get nodes -o wide',
  'get deploy',
  'get deploy -o wide',
  'get rs',
  'get rs -o wide',
  'get ns shop',
  'get pods,deploy',
  'get pods,nodes,deploy,rs -n states -o wide',
  'get pod none',
  'get widgets',
  'describe pod web-0',
  'describe event web-0.1',
  'get leases',
  'describe rs web-1',
  'get all',
  'create -f event.json',
  'create -f event.json',
  'create -f mistyped.json',
  'create -f mistyped.json --validate=warn --dry-run=server',
  'create -f mistyped.json --validate=false --dry-run=server',
  'create -f elsewhere.json',
  'create -f late.json',
  'apply -f applied.json',
  'apply -f applied.json',
  'apply -f changed.json',
  'apply -f changed.json --dry-run=server',
  'get event applied -o jsonpath={.count}/{.message}',
  'replace -f event.json',
  'label event made colour=blue',
  'annotate event made note=it',
  'patch event made --type=merge -p {"count":7}',
  'patch event made -p {"count":8}',
  'get event made -o jsonpath={.count}{.metadata.labels}{.metadata.annotations}',
  'get events --sort-by=.metadata.name -o wide',
  'delete event made --dry-run=server',
  'delete event made',
  'delete event made',
  'get event made',
  'scale rs none --replicas=1',
  'delete events --all',
  'get events',
  'delete pod web-0 --wait=false',
  'delete ns nowhere',
  'create ns made-by-kubectl',
  'create ns made-by-kubectl',
  'get ns made-by-kubectl --show-labels',
  'run idle --image=nginx',
  'get pods idle',
]

interface Subject {
  readonly client: Client
  readonly kubeconfig: string
  close(): Promise<void>
}

describe('kubectl', { skip: missing('kube-apiserver', 'etcd', 'kubectl', 'openssl'), timeout: 300_000 }, () => {
  const folder = temporaryFolder()
  const both: Subject[] = []

  const begin = (kubeconfig: string, words: readonly string[]) =>
    spawn(path('kubectl'), words, { cwd: folder, env: { ...process.env, KUBECONFIG: kubeconfig, HOME: folder } })

  /** Everything that it says, and its exit code. */
  async function run(kubeconfig: string, line: string): Promise<string> {
    const words = line.split(' ')
    const child = begin(kubeconfig, line.includes('-n ') ? words : ['-n', 'shop', ...words])
    const said = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) child[name].setEncoding('utf8').on('data', text => (said[name] += text))
    const [code] = await once(child, 'close')
    return `${said.stdout}${said.stderr}(exit ${code})`
  }

  before(async () => {
    for (const [name, object] of Object.entries(files)) writeFileSync(join(folder, name), JSON.stringify(object))
    const real = await RealCluster.start()
    both.push({ client: real.client, kubeconfig: real.kubeconfig(), close: () => real.stop() })
    const sandbox = await startSandbox({ anonymous: true })
    const client = new Client(sandbox)
    const kubeconfig = join(folder, 'sandbox.kubeconfig')
    writeFileSync(kubeconfig, sandbox.kubeconfig, { mode: 0o600 })
    both.push({ client, kubeconfig, close: () => Promise.all([client.close(), sandbox.close()]).then(() => undefined) })
    for (const { client } of both) {
      let uid = ''
      for (const object of objects) uid = await make(client, object)
      for (const about of [backOff, scheduled]) await make(client, about(uid))
    }
    for (const { resource, ...object } of withStatus) {
      sandbox.add(resource, { ...object, ...(resource !== 'nodes' && { namespace: 'states' }) })
      const at = collection(resource === 'pods' || resource === 'nodes' ? 'v1' : 'apps/v1', resource, 'states')
      const { name, spec, status } = object
      expected(201, await real.client.post(at, { metadata: { name }, spec }))
      expected(200, await real.client.patch(`${at}/${name}/status`, { status }))
    }
  })
  after(async () => {
    for (const { close } of both) await close()
  })

  for (const [i, line] of commands.entries()) {
    test(`${i + 1}: kubectl ${line}`, async () => {
      const [real = '', sandbox = ''] = await Promise.all(both.map(({ kubeconfig }) => run(kubeconfig, line)))
      if (process.env.KEC_TEST_SHOW) console.log(`$ kubectl ${line}\n--- real\n${real}\n--- sandbox\n${sandbox}`)
      assert.equal(comparable(sandbox), comparable(real))
    })
  }

  test('kubectl api-resources: all that the sandbox serves is as in a real cluster', async () => {
    const rows = async ({ kubeconfig }: Subject) => (await run(kubeconfig, 'api-resources --no-headers -o wide')).split('\n')
    const [real = [], sandbox = []] = await Promise.all(both.map(async one => (await rows(one)).map(row => row.replace(/ +/g, ' '))))
    assert.ok(sandbox.length > 7)
    assert.deepEqual(
      sandbox.filter(row => !real.includes(row)),
      [],
    )
  })

  test('kubectl get events -w, while events are made, change and go', async () => {
    const follow = async ({ client, kubeconfig }: Subject): Promise<string> => {
      const events = '/api/v1/namespaces/shop/events'
      const first = event('first', { count: 1 })
      expected(201, await client.post(events, first))
      const child = begin(kubeconfig, ['get', 'events', '-n', 'shop', '-w', '--output-watch-events'])
      let seen = ''
      child.stdout.setEncoding('utf8').on('data', text => (seen += text))
      const until = (word: string) => waitFor(word, () => seen.includes(word))
      await until('ADDED')
      expected(200, await client.patch(`${events}/first`, { reason: 'Changed' }))
      await until('Changed')
      expected(201, await client.post(events, event('second', { reason: 'Second' })))
      await until('Second')
      expected(200, await client.delete(`${events}/first`))
      await until('DELETED')
      child.kill()
      await once(child, 'close')
      expected(200, await client.delete(`${events}/second`))
      return seen
    }
    const [real = '', sandbox = ''] = await Promise.all(both.map(follow))
    if (process.env.KEC_TEST_SHOW) console.log(`$ kubectl get events -w\n--- real\n${real}--- sandbox\n${sandbox}`)
    assert.equal(comparable(sandbox), comparable(real))
  })
})

const collection = (apiVersion: string, resource: string, namespace: string): string => {
  const base = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`
  return resource === 'nodes' || resource === 'namespaces' ? `${base}/${resource}` : `${base}/namespaces/${namespace}/${resource}`
}

/** Answers the uid. */
async function make(client: Client, object: { readonly apiVersion: string; readonly kind: string }): Promise<string> {
  const at = collection(object.apiVersion, `${object.kind.toLowerCase()}s`, 'shop')
  return expected(201, await client.post(at, object)).metadata.uid
}

/** Without what differs between any two servers: uids, versions, ages in seconds, times of creation, addresses, the words of Go's parsers. */
function comparable(text: string): string {
  return text
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UID')
    .replace(/(resource ?version"?: +"?)\d+/gi, '$1VERSION')
    .replace(/(creation ?timestamp"?: +"?)[^"\n]*/gi, '$1NOW')
    .replace(/https?:\/\/127\.0\.0\.1:\d+/g, 'URL')
    .replace(/\b\d+s( +|$)/gm, 'AGE ')
    .replace(/(as "2006-[^"]*": cannot parse).*/, '$1')
}
