import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { GenerateCommand } from '../src/commands/generate.ts'
import { run } from '../src/commands/run.ts'
import type { Client } from './contract/client.ts'

/** An API server with a namespace `shop` that holds the pod `web-0`, the deployment `web` and the widget `w1` of a CRD, and a node `worker-1`. */
export interface Shop {
  readonly client: Client
  /** The path of a kubeconfig. */
  readonly kubeconfig: string
}

export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** `kec generate ARGS` in this process. */
export async function kecGenerate(kubeconfig: string, ...args: readonly string[]): Promise<Outcome> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  const said = Promise.all([text(stdout), text(stderr)])
  const code = await run([GenerateCommand], ['generate', ...args], { env: { KUBECONFIG: kubeconfig }, stdin, stdout, stderr })
  stdout.end()
  stderr.end()
  const [out, err] = await said
  return { code, stdout: out, stderr: err }
}

/** What kec generate does on every API server. */
export function generating(shop: () => Shop): void {
  const generate = (...args: string[]) => kecGenerate(shop().kubeconfig, ...args)

  const created = async (...args: string[]) => {
    const { code, stdout, stderr } = await generate(...args, '-o', 'json')
    assert.equal(code, 0, stderr)
    const printed = JSON.parse(stdout)
    const { namespace, name } = printed.metadata
    const { body } = await shop().client.get(`/apis/events.k8s.io/v1/namespaces/${namespace}/events/${name}`)
    assert.equal(body.metadata.uid, printed.metadata.uid)
    return body
  }

  const refused = async (code: number, ...args: string[]) => {
    const outcome = await generate(...args)
    assert.deepEqual([outcome.code, outcome.stdout], [code, ''])
    return outcome.stderr
  }

  const uidOf = async (path: string): Promise<string> => (await shop().client.get(path)).body.metadata.uid

  test('with a reason alone: about the namespace itself', async () => {
    const { type, reason, note, action, regarding, reportingController, reportingInstance, eventTime, metadata } = await created(
      '--reason',
      'Mine',
    )
    assert.deepEqual([type, reason, note, action], ['Warning', 'Mine', 'Testing-Message', 'Testing'])
    const uid = await uidOf('/api/v1/namespaces/default')
    assert.deepEqual(regarding, { apiVersion: 'v1', kind: 'Namespace', name: 'default', namespace: 'default', uid })
    assert.equal(reportingController, 'k8s-event-generator')
    assert.ok(reportingInstance)
    assert.match(eventTime, /\.\d{6}Z$/)
    const [, hex = ''] = /^default\.([0-9a-f]+)$/.exec(metadata.name) ?? []
    assert.equal(BigInt(`0x${hex}`) / 1_000_000_000n, BigInt(Math.floor(Date.parse(eventTime) / 1000)))
  })

  test('with no flag at all: Testing-Reason', async () => {
    assert.equal((await created()).reason, 'Testing-Reason')
  })

  test('about the namespace itself, in other namespaces', async () => {
    for (const namespace of ['shop', 'kube-system']) {
      const { metadata, regarding } = await created('--namespace', namespace)
      assert.deepEqual([metadata.namespace, regarding.name, regarding.namespace], [namespace, namespace, namespace])
    }
  })

  test('about an object: pods if no kind is given', async () => {
    const about = ['--name', 'web-0', '--namespace', 'shop']
    const event = await created(...about, '--type', 'normal', '--message', '', '--action', 'Doing', '--reason', 'r'.repeat(128))
    const uid = await uidOf('/api/v1/namespaces/shop/pods/web-0')
    assert.deepEqual(event.regarding, { apiVersion: 'v1', kind: 'Pod', name: 'web-0', namespace: 'shop', uid })
    assert.deepEqual([event.metadata.namespace, event.type, event.action, event.reason.length], ['shop', 'Normal', 'Doing', 128])
  })

  test('a kind in each form that kubectl takes', async () => {
    const kinds = {
      'v1 Pod web-0': ['pods', 'pod', 'po', 'Pod', 'PODS', 'pods.v1.'],
      'apps/v1 Deployment web': ['deployments', 'deploy', 'Deployment', 'deployments.apps', 'deployment.v1.apps', 'deploy.apps'],
      'acme.test/v1 Widget w1': ['widgets', 'wd', 'Widget', 'widgets.acme.test'],
    }
    for (const [expected, words] of Object.entries(kinds)) {
      const name = expected.split(' ')[2] ?? ''
      for (const word of words) {
        const { regarding } = await created('--kind', word, '--name', name, '--namespace', 'shop')
        assert.equal(`${regarding.apiVersion} ${regarding.kind} ${regarding.name}`, expected, word)
      }
    }
  })

  test('an object in no namespace: its events live in default', async () => {
    for (const kind of ['nodes', 'no', 'Node']) {
      const { metadata, regarding } = await created('--kind', kind, '--name', 'worker-1')
      assert.deepEqual([metadata.namespace, regarding.kind, regarding.namespace], ['default', 'Node', undefined])
    }
    const wrong = await refused(2, '--kind', 'nodes', '--name', 'worker-1', '--namespace', 'shop')
    assert.match(wrong, /--namespace shop does not go with --kind nodes: a Node is in no namespace/)
  })

  test('what is said of it: one line; or a name', async () => {
    const { stdout } = await generate('--name', 'web-0', '--namespace', 'shop')
    assert.match(
      stdout,
      /^Created an event: Warning Testing-Reason, about Pod web-0, in namespace shop\. See it: kubectl get event -n shop web-0\.\w+\n$/,
    )
    assert.match((await generate('-o', 'name')).stdout, /^event\.events\.k8s\.io\/default\.\w+\n$/)
    assert.match(
      (await generate('--output', 'yaml')).stdout,
      /^apiVersion: events\.k8s\.io\/v1\nkind: Event\nmetadata:\n {2}name: default\./,
    )
  })

  test('what is not there is named, with what is', async () => {
    const kind = await refused(1, '--kind', 'deploymnts', '--name', 'web')
    assert.match(kind, /KEC_GENERATE: --kind: the API server has no kind "deploymnts"\. Did you mean deployments\?/)
    assert.match(await refused(1, '--kind', 'widgets.acme.tst', '--name', 'w1'), /Did you mean widgets\.acme\.test\?/)
    const name = await refused(1, '--name', 'web-1', '--namespace', 'shop')
    assert.match(name, /--name: there is no Pod web-1 in the namespace shop\. Did you mean web-0\?\n.*There are: web-0/)
    const namespace = await refused(1, '--namespace', 'shpo')
    assert.match(namespace, /--namespace: there is no namespace shpo\. Did you mean shop\?\n.*There are: .*default/)
    assert.match(await refused(1, '--name', 'web-0', '--namespace', 'shpo'), /--namespace: there is no namespace shpo/)
    assert.match(await refused(1, '--name', '../../../namespaces/default'), /--name: there is no Pod \.\.\/\.\./)
    assert.match(await refused(1, '--namespace', '\u001b[2J'), /no namespace \\u001b\[2J/)
  })

  test('what the API server would refuse is refused before it, with the flag', async () => {
    assert.match(await refused(2, '--type', 'Wrning'), /--type cannot be "Wrning"\. Did you mean Warning\?\n.*Normal, Warning/)
    assert.match(await refused(2, '--reason', 'r'.repeat(129)), /--reason has 129 bytes\n.*128 at most/)
    assert.match(await refused(2, '--reason', 'ä'.repeat(65)), /--reason has 130 bytes/)
    assert.match(await refused(2, '--message', 'm'.repeat(1025)), /--message has 1025 bytes\n.*1024 at most/)
    assert.match(await refused(2, '--kind', 'pods'), /--kind needs --name.*\n.*--kind pods --name NAME/)
    for (const flag of ['--reason', '--action', '--name', '--namespace']) assert.match(await refused(2, flag, ''), /is empty/)
    assert.equal((await created('--message', 'm'.repeat(1024))).note.length, 1024)
  })

  test('numbers that are none', async () => {
    for (const value of ['0', '-1', '1.5', 'many', '', '1e3']) {
      assert.match(await refused(2, `--count=${value}`), /--count cannot be .*\n.*whole number/)
    }
    assert.match(await refused(2, '--repeat', '0'), /--repeat cannot be "0"/)
    for (const value of ['0', 'fast', '']) assert.match(await refused(2, '--count=2', `--rate=${value}`), /--rate cannot be/)
    assert.match(await refused(2, '--rate', '5'), /--rate needs --count or --repeat/)
    assert.match(await refused(2, '--count', '2', '--repeat', '2'), /exclude each other/)
  })

  const eventsWith = async (reason: string) => {
    const path = `/api/v1/namespaces/default/events?fieldSelector=${encodeURIComponent(`reason=${reason}`)}`
    return (await shop().client.get(path)).body.items
  }

  test('--count: so many events', async () => {
    const { code, stdout, stderr } = await generate('--count', '40', '--rate', '400', '--reason', 'Counted')
    assert.match(stdout, /^Created 40 events: .* --field-selector reason=Counted\n$/)
    assert.deepEqual([code, stderr], [0, ''])
    const events = await eventsWith('Counted')
    assert.equal(events.length, 40)
    const names = await generate('--count', '3', '-o', 'name')
    assert.match(names.stdout, /^(event\.events\.k8s\.io\/default\.\w+\n){3}$/)
    assert.match((await generate('--count', '2', '-o', 'yaml')).stdout, /^apiVersion: .*\n---\napiVersion: /s)
  })

  test('--repeat: one event, whose count is updated', async () => {
    const { code, stdout } = await generate('--repeat', '7', '--reason', 'Repeated')
    assert.equal(code, 0)
    assert.match(stdout, /^Created an event that happened 7 times: /)
    const events = await eventsWith('Repeated')
    assert.deepEqual(
      events.map(({ count }: { count: number }) => count),
      [7],
    )
    assert.ok(events[0].lastTimestamp >= events[0].firstTimestamp)
    assert.match((await generate('--repeat', '2', '-o', 'name')).stdout, /^event\/default\.\w+\n$/)
  })

  test('--repeat --series: one event, whose series is updated', async () => {
    const { code, stdout } = await generate('--repeat', '7', '--series', '--reason', 'Serial')
    assert.equal(code, 0)
    assert.match(stdout, /^Created an event that happened 7 times: /)
    const [{ series, count, eventTime }, ...others] = await eventsWith('Serial')
    assert.deepEqual([series.count, count, others], [7, undefined, []])
    assert.ok(series.lastObservedTime > eventTime)
    assert.match((await generate('--repeat', '2', '--series', '-o', 'name')).stdout, /^event\.events\.k8s\.io\/default\.\w+\n$/)
    assert.match(await refused(2, '--series'), /--series needs --repeat or --scenario/)
    assert.match(await refused(2, '--series', '--count', '5'), /--series needs --repeat or --scenario/)
  })

  test('--dry-run: everything is checked, nothing is created', async () => {
    const { code, stdout } = await generate('--dry-run', '--count', '9', '--reason', 'Dry')
    assert.equal(code, 0)
    assert.match(stdout, /^Would create 9 events: Warning Dry, about Namespace default, .* Nothing was created \(--dry-run\)\.\n$/)
    const printed = JSON.parse((await generate('--dry-run', '-o', 'json', '--reason', 'Dry')).stdout)
    assert.deepEqual([printed.reason, printed.metadata.uid], ['Dry', undefined])
    assert.deepEqual(await eventsWith('Dry'), [])
    assert.match(await refused(1, '--dry-run', '--name', 'web-1'), /there is no Pod/)
    const { status } = await shop().client.post('/apis/events.k8s.io/v1/namespaces/default/events', printed)
    assert.equal(status, 201, 'what it prints can be created')
  })

  test('credentials that are not accepted', async () => {
    const config = JSON.parse(readFileSync(shop().kubeconfig, 'utf8'))
    config.users[0].user = { token: 'secret-token' }
    const file = `${shop().kubeconfig}.refused`
    writeFileSync(file, JSON.stringify(config))
    const { code, stderr } = await kecGenerate(file)
    assert.equal(code, 1)
    assert.match(stderr, /KEC_CLUSTER: the API server http.* does not accept the credentials of .*, context /)
    assert.doesNotMatch(stderr, /secret-token/)
  })
}
