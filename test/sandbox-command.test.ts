// `kec sandbox` as its user meets it: a process of its own.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { startSandbox } from '../src/sandbox/sandbox.ts'
import { Client } from './contract/client.ts'
import { expected } from './contract/place.ts'
import { Stream } from './contract/stream.ts'
import { folderWith } from './folder.ts'
import { Command, exportedBy, run } from './kec.ts'
import { listen } from './listen.ts'

/** A `kec sandbox`. */
class Running extends Command {
  constructor(t: TestContext, folder: string, more: Readonly<Record<string, string>>, ...args: readonly string[]) {
    super(t, folder, ['sandbox', ...args], more)
  }

  /** A client without a token, as kubectl is one, once the sandbox is there. */
  async client(t: TestContext): Promise<Client> {
    await this.until(() => this.stdout.includes('Ctrl-C'))
    const client = new Client({ url: /http:\S+/.exec(this.stdout)?.[0] ?? '', token: '' })
    t.after(() => client.close())
    return client
  }

  get kubeconfig(): string {
    return exportedBy(this.stdout)
  }

  async stop(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP'): Promise<number | null> {
    this.signal(signal)
    return this.end()
  }
}

/** A sandbox that should refuse, and serves, would go on for ever. */
const limited = { timeout: 60_000 }

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`it prints what to type next, serves until ${signal}, and leaves nothing`, async t => {
    const folder = folderWith(t, {})
    const sandbox = new Running(t, folder, {})
    const client = await sandbox.client(t)
    assert.equal(expected(200, await client.get('/api/v1/events')).kind, 'EventList')
    for (const line of sandbox.stdout.split('\n')) assert.ok(line.length <= 80 || line.includes('KUBECONFIG'), line)
    assert.ok(!sandbox.stdout.includes('\u001b'), 'no colours in a pipe')
    for (const hint of ['kubectl get events -A -w', 'kec generate --reason Testing-Reason', 'kec start']) {
      assert.ok(sandbox.stdout.includes(hint), hint)
    }
    assert.equal(statSync(sandbox.kubeconfig).mode & 0o777, 0o600)
    const { clusters } = JSON.parse(readFileSync(sandbox.kubeconfig, 'utf8'))
    assert.equal(clusters[0].cluster.server, client.target.url)
    assert.equal(await sandbox.stop(signal), 0)
    assert.equal(sandbox.stderr, '')
    assert.deepEqual(
      readdirSync(folder).filter(name => name.startsWith('kec-sandbox')),
      [],
    )
  })
}

test('--event-ttl: an event goes, and who watches sees it go', async t => {
  const client = await new Running(t, folderWith(t, {}), {}, '--event-ttl', '1s').client(t)
  const events = '/api/v1/namespaces/default/events'
  const { metadata } = expected(201, await client.post(events, { metadata: { name: 'a' }, involvedObject: { namespace: 'default' } }))
  const stream = await Stream.open(client, `${events}?watch=1&resourceVersion=${metadata.resourceVersion}`)
  const [frame] = await stream.take(1)
  assert.deepEqual([frame?.type, frame?.object.metadata.name], ['DELETED', 'a'])
})

test('--scenario: what it is about is there, and events about it come', async t => {
  const playing = new Running(t, folderWith(t, {}), {}, '--scenario', 'Rollout', '--scenario', 'crash-loop')
  const client = await playing.client(t)
  assert.match(playing.stdout, /^ {2}crash-loop, rollout$/m)
  const stream = await Stream.open(client, '/api/v1/events?watch=1&resourceVersion=0')
  const seen = new Set<string>()
  let found = 0
  while (!(seen.has('web') && seen.has('checkout') && found > 0)) {
    const [{ object } = assert.fail()] = await stream.take(1)
    seen.add(object.involvedObject.name)
    const { kind, name, uid } = object.involvedObject
    if (kind !== 'Pod') continue
    const pod = await client.get(`/api/v1/namespaces/default/pods/${name}`)
    if (pod.status === 404) continue
    assert.equal(pod.body.metadata.uid, uid, 'kubectl describe finds events by uid')
    found++
  }
  assert.equal(await playing.stop('SIGTERM'), 0)
  assert.equal(playing.stderr, '')
})

test('started by npm it says what to type there, in 80 columns', async t => {
  const all = ['crash-loop', 'image-pull', 'unschedulable', 'rollout', 'oom', 'storm'].flatMap(name => ['--scenario', name])
  const sandbox = new Running(t, folderWith(t, {}), { npm_lifecycle_event: 'kec' }, ...all)
  await sandbox.client(t)
  assert.match(sandbox.stdout, /^ {2}npm run --silent kec -- generate /m)
  for (const line of sandbox.stdout.split('\n')) assert.ok(line.length <= 80 || line.includes('KUBECONFIG'), line)
})

test('wrong flags: exit code 2, what is wrong and what is right', limited, async t => {
  const folder = folderWith(t, {})
  for (const [args, message] of [
    [
      ['--port', 'http'],
      /^error KEC_USAGE: --port cannot be "http"\.\n {2}It is a whole number from 1 to 65535, or 0 for any that is free\./,
    ],
    [['--port', '65536'], /^error KEC_USAGE: --port cannot be "65536"/],
    [['--event-ttl', '90'], /^error KEC_USAGE: --event-ttl cannot be "90"\.\n.*such as "90m"/],
    [
      ['--kubeconfig', 'no/such/folder/x'],
      /^error KEC_USAGE: The kubeconfig cannot be written to .*x: its folder is not there\.\n {2}Choose another/,
    ],
    [['--kubeconfig', '.'], /it is a folder\./],
    [['--kubeconfig', '/dev/null'], /there is a file that is not the sandbox's own, and it stays as it is\./],
    [
      ['--scenario', 'unsched'],
      /^error KEC_USAGE: --scenario cannot be "unsched"\. Did you mean unschedulable\?\n {2}It is one of crash-loop/,
    ],
    [['--scenaro', 'x'], /has no flag --scenaro\. Did you mean --scenario\?/],
  ] as const) {
    const { code, stderr } = await run(t, folder, 'sandbox', ...args)
    assert.equal(code, 2, stderr)
    assert.match(stderr, message)
  }
})

test('a port in use: KEC_PORT, and what to do', async t => {
  const port = await listen(t, createServer())
  const sandbox = new Running(t, folderWith(t, {}), {}, '--port', String(port))
  assert.equal(await sandbox.end(), 1)
  assert.match(
    sandbox.stderr,
    new RegExp(
      `^error KEC_PORT: The sandbox cannot listen: 127\\.0\\.0\\.1:${port} is in use by another program\\.\n {2}Choose another --port`,
    ),
  )
})

test('--kubeconfig: a file of an earlier sandbox is replaced, one of others never', limited, async t => {
  const folder = folderWith(t, {})
  const file = join(folder, "it's mine.kubeconfig")
  const first = new Running(t, folder, {}, '--kubeconfig', file)
  await first.client(t)
  assert.equal(first.kubeconfig, file)
  assert.equal(await first.stop('SIGTERM'), 0)
  const text = readFileSync(file, 'utf8')
  const second = new Running(t, folder, {}, '--kubeconfig', file)
  const client = await second.client(t)
  assert.equal(JSON.parse(readFileSync(file, 'utf8')).clusters[0].cluster.server, client.target.url)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.equal(await second.stop('SIGTERM'), 0)
  assert.ok(existsSync(file), 'it was asked for, and stays')

  await using another = await startSandbox()
  const foreign = ['apiVersion: v1\n', '', `${text}\n# mine`, text.replace('127.0.0.1', '10.0.0.1'), `${another.kubeconfig} `]
  for (const content of foreign) {
    writeFileSync(file, content)
    const { code, stderr } = await run(t, folder, 'sandbox', '--kubeconfig', file)
    assert.equal(code, 2, content)
    assert.match(stderr, /not the sandbox's own/)
    assert.equal(readFileSync(file, 'utf8'), content)
  }
  const link = join(folder, 'link')
  symlinkSync(join(folder, 'nothing'), link)
  assert.equal((await run(t, folder, 'sandbox', '--kubeconfig', link)).code, 2)
})
