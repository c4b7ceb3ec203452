import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { KecError } from '../errors.ts'
import { type KubeconfigOptions, loadKubeconfig } from './kubeconfig.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'kec-kubeconfig-'))
})
afterEach(() => rmSync(home, { recursive: true }))

function write(name: string, content: unknown): string {
  const file = join(home, name)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}

/** A kubeconfig whose context, cluster and user have one name. */
const simple = (name: string, user: object = {}, cluster: object = {}) => ({
  'current-context': name,
  contexts: [{ name, context: { cluster: name, user: name } }],
  clusters: [{ name, cluster: { server: `https://${name}:6443`, ...cluster } }],
  users: [{ name, user }],
})

const load = (options: KubeconfigOptions = {}, env: Record<string, string> = {}) => loadKubeconfig(options, { env, home, podRoot: home })

async function failure(options: KubeconfigOptions = {}, env: Record<string, string> = {}): Promise<string> {
  const error = await load(options, env).catch(error => error)
  assert.ok(error instanceof KecError, String(error))
  assert.equal(error.code, 'KEC_KUBECONFIG')
  return `${error.message} | ${error.fix}`
}

test('the order: the option, KUBECONFIG, the home folder', async () => {
  const a = write('a', simple('a'))
  const b = write('b', simple('b'))
  write('.kube/config', simple('at-home'))
  assert.equal((await load()).name, 'at-home')
  assert.equal((await load({}, { KUBECONFIG: '' })).name, 'at-home')
  assert.equal((await load({}, { KUBECONFIG: a })).name, 'a')
  assert.equal((await load({ kubeconfig: b }, { KUBECONFIG: a })).name, 'b')
  assert.equal((await load({ kubeconfig: '~/b' })).name, 'b')
  const { origin, server, context } = await load({}, { KUBECONFIG: a })
  assert.deepEqual([origin, server.href, context], [`${a}, context a`, 'https://a:6443/', 'a'])
})

test('KUBECONFIG is a list: the first one wins, what is missing or empty is passed over', async () => {
  const a = write('a', simple('a'))
  const b = write('b', { ...simple('b'), clusters: [...simple('b').clusters, ...simple('a', {}, { server: 'https://other' }).clusters] })
  const env = { KUBECONFIG: [join(home, 'none'), write('empty', ''), a, b].join(delimiter) }
  assert.equal((await load({}, env)).server.href, 'https://a:6443/')
  assert.equal((await load({ context: 'b' }, env)).server.href, 'https://b:6443/')
})

test('nothing found: what was looked for, and what would be right', async () => {
  const nothing = await failure()
  assert.match(nothing, /^no kubeconfig found \(looked for .*\/\.kube\/config\), and kec does not run in a cluster \| .*--kubeconfig FILE/)
  const list = { KUBECONFIG: [join(home, 'x'), join(home, 'y')].join(delimiter) }
  assert.match(await failure({}, list), /looked for \$KUBECONFIG: .*\/x, .*\/y\)/)
  assert.match(await failure({ kubeconfig: join(home, 'x') }, list), /cannot read the kubeconfig .*\/x: there is no such file/)
  // A token without the service's address, or the other way round, is no pod.
  assert.match(await failure({}, { KUBERNETES_SERVICE_HOST: '10.96.0.1' }), /does not run in a cluster/)
  write('var/run/secrets/kubernetes.io/serviceaccount/token', 'x')
  assert.match(await failure(), /does not run in a cluster/)
  const inPod = await failure({ context: 'prod' }, { KUBERNETES_SERVICE_HOST: '10.96.0.1' })
  assert.match(inPod, /the pod's service account has no context "prod" \| Leave --context out/)
})

test('a broken file: its place, and nothing of its text', async () => {
  const kubeconfig = write('broken', 'users:\n- name: a\n  user: {token: "secret-token}\n')
  assert.match(await failure({ kubeconfig }), /broken is not valid YAML \(line \d+, column \d+\)/)
  assert.doesNotMatch(await failure({ kubeconfig }), /secret-token/)

  write('broken', { ...simple('a'), users: [{ name: 'a', user: { token: ['secret-token'] } }] })
  assert.match(await failure({ kubeconfig }), /broken is wrong at users\[0\]\.user\.token: /)
  assert.doesNotMatch(await failure({ kubeconfig }), /secret-token/)

  write('broken', 'just a text')
  assert.match(await failure({ kubeconfig }), /broken is wrong at the file: /)

  write('broken', '')
  assert.match(await failure({ kubeconfig }), /sets no current-context \| Choose one with --context: none/)
  assert.match(await failure({ kubeconfig: home }), /cannot read the kubeconfig .*: EISDIR/)
})

test('a file that kec may not read', { skip: process.getuid?.() === 0 && 'root may read every file' }, async () => {
  const kubeconfig = write('locked', simple('a'))
  chmodSync(kubeconfig, 0)
  assert.match(await failure({ kubeconfig }), /kec may not read it/)
})

test('contexts, clusters and users that are missing', async () => {
  const both = { contexts: [...simple('a').contexts, ...simple('b').contexts] }
  const kubeconfig = write('c', { ...simple('a'), ...both })
  assert.match(await failure({ kubeconfig, context: 'prod' }), /\/c has no context "prod" \| There are: a, b/)
  assert.match(await failure({ kubeconfig, context: 'b' }), /has no cluster "b", which context "b" uses \| There are: a/)
  write('c', { ...simple('a'), ...both, 'current-context': '' })
  assert.match(await failure({ kubeconfig }), /sets no current-context \| Choose one with --context: a, b/)
  write('c', { ...simple('a'), users: null })
  assert.match(await failure({ kubeconfig }), /has no user "a", which context "a" uses \| There are: none/)
  for (const server of [undefined, '', 'api.test:6443', 'ftp://api.test']) {
    write('c', simple('a', {}, { server }))
    assert.match(await failure({ kubeconfig }), /cluster "a" in .* has no server address/)
  }
})

test('a context without a user is anonymous, and keeps its CA', async () => {
  const ca = write('ca', 'of the cluster')
  const kubeconfig = write('c', {
    ...simple('a', {}, { 'certificate-authority': 'ca' }),
    contexts: [{ name: 'a', context: { cluster: 'a' } }],
  })
  const { config } = await load({ kubeconfig })
  assert.equal(config.getCurrentCluster()?.caFile, ca)
  assert.ok(config.getCurrentUser())
})

test('files are relative to the kubeconfig; what stands in it goes before a file', async () => {
  const user = { 'client-certificate': 'cert', 'client-certificate-data': 'QQ==', 'client-key': 'key' }
  const kubeconfig = write('deep/c', simple('a', user, { 'certificate-authority': 'ca', 'certificate-authority-data': 'QQ==' }))
  const { config } = await load({ kubeconfig })
  const { certFile, certData, keyFile } = config.getCurrentUser() ?? assert.fail()
  const { caFile, caData } = config.getCurrentCluster() ?? assert.fail()
  assert.deepEqual([certFile, certData, keyFile], [undefined, 'QQ==', join(home, 'deep/key')])
  assert.deepEqual([caFile, caData], [undefined, 'QQ=='])
})
