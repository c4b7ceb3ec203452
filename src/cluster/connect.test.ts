import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, mock, test } from 'node:test'
import { Authority } from '../../test/certificates.ts'
import { ConnectProxy, TlsServer } from '../../test/tls-server.ts'
import { KecError } from '../errors.ts'
import type { ApiRequest, Cluster } from './cluster.ts'
import { connectCluster } from './connect.ts'

const folder = mkdtempSync(join(tmpdir(), 'kec-connect-'))
after(() => rmSync(folder, { recursive: true }))

const base64 = (text: string) => Buffer.from(text).toString('base64')
let files = 0

function write(text: string): string {
  const file = join(folder, `file-${++files}`)
  writeFileSync(file, text, { mode: 0o600 })
  return file
}

/** A kubeconfig with one context, `test`. */
function kubeconfig(server: string, ca: string | undefined, user: object = {}, cluster: object = {}): string {
  return JSON.stringify({
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'test-cluster', user: 'me' } }],
    clusters: [{ name: 'test-cluster', cluster: { server, ...(ca && { 'certificate-authority-data': base64(ca) }), ...cluster } }],
    users: [{ name: 'me', user }],
  })
}

const connectTo = (server: TlsServer, user: object = {}, cluster: object = {}) =>
  connect(kubeconfig(server.url, server.authority.ca, user, cluster))

const connect = (config: string, env: Record<string, string> = {}) =>
  connectCluster({ kubeconfig: write(config) }, { env, home: folder, podRoot: folder })

async function status(cluster: Cluster, path = '/', request?: ApiRequest): Promise<number> {
  const answer = await cluster.request(path, request)
  await answer.body.dump()
  return answer.status
}

async function failure(config: string, env: Record<string, string> = {}, request?: ApiRequest): Promise<KecError> {
  const cluster = await connect(config, env)
  try {
    await cluster.request('/', request)
  } catch (error) {
    assert.ok(error instanceof KecError, String(error))
    return error
  } finally {
    await cluster.close()
  }
  return assert.fail('no error')
}

test('a request: path, query, body, headers; the server can have a path of its own', async () => {
  await using server = await TlsServer.start(async (request, response) => {
    response.writeHead(201, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ method: request.method, body: await text(request) }))
  })
  const cluster = await connect(kubeconfig(`${server.url}/k8s/one/`, server.authority.ca, { token: 'secret' }))
  assert.equal(cluster.name, 'test-cluster')
  assert.equal(cluster.server, `${server.url}/k8s/one`)
  assert.match(cluster.origin, /file-\d+, context test$/)
  const answer = await cluster.request('/api', { method: 'POST', query: { a: 'x=y', none: undefined, n: 1 }, body: { a: 1 } })
  assert.deepEqual([answer.status, answer.headers['content-type']], [201, 'application/json'])
  assert.deepEqual(await answer.body.json(), { method: 'POST', body: '{"a":1}' })
  const [{ path, headers } = assert.fail()] = server.requests
  assert.equal(path, '/k8s/one/api?a=x%3Dy&n=1')
  assert.deepEqual([headers.authorization, headers['content-type']], ['Bearer secret', 'application/json'])
  await cluster.close()
})

test('connections are kept, and an open watch is not in the way', async () => {
  await using server = await TlsServer.start((request, response) => {
    if (request.url === '/watch') response.writeHead(200).write('{}\n')
    else response.end('{}')
  })
  const cluster = await connectTo(server)
  const watch = await cluster.request('/watch', { bodyTimeout: 0 })
  for (let i = 0; i < 20; i++) assert.equal(await status(cluster), 200)
  assert.ok(server.connections <= 3, `${server.connections} connections for 21 requests`)
  const ended = assert.rejects(watch.body.text())
  await cluster.close()
  await ended
})

test('impersonation, basic authentication, token without its line end', async () => {
  await using server = await TlsServer.start()
  const user = { token: 'secret\n', as: 'alice', 'as-uid': 'u1', 'as-groups': ['a', 'b'] }
  for (const each of [user, { username: 'me', password: 'pass' }]) {
    const cluster = await connectTo(server, each)
    await status(cluster)
    await cluster.close()
  }
  const [first, second] = server.requests.map(({ headers }) => headers)
  assert.equal(first?.authorization, 'Bearer secret')
  assert.deepEqual([first?.['impersonate-user'], first?.['impersonate-uid'], first?.['impersonate-group']], ['alice', 'u1', 'a, b'])
  assert.equal(second?.authorization, `Basic ${base64('me:pass')}`)
})

test('a token file is read again after a minute', async () => {
  await using server = await TlsServer.start()
  const tokenFile = write('one\n')
  const cluster = await connectTo(server, { tokenFile, token: 'never' })
  mock.timers.enable({ apis: ['Date'], now: Date.now() })
  await status(cluster)
  writeFileSync(tokenFile, 'two\n')
  mock.timers.tick(61_000)
  await status(cluster)
  mock.timers.reset()
  assert.deepEqual(
    server.requests.map(({ headers }) => headers.authorization),
    ['Bearer one', 'Bearer two'],
  )
  await cluster.close()
})

test('401 reads everything again and asks once more', async () => {
  let valid = 'one'
  await using server = await TlsServer.start((request, response) => {
    response.writeHead(request.headers.authorization === `Bearer ${valid}` ? 200 : 401).end('{}')
  })
  const tokenFile = write('one')
  const cluster = await connectTo(server, { tokenFile })
  assert.equal(await status(cluster), 200)
  valid = 'two'
  writeFileSync(tokenFile, 'two')
  assert.deepEqual(await Promise.all([status(cluster), status(cluster)]), [200, 200])
  valid = 'three'
  assert.equal(await status(cluster), 401)
  assert.equal(server.requests.length, 1 + 4 + 2)
  await cluster.close()
})

test('requests that are refused for one reason log in once', async () => {
  const runs = write('')
  const code = `const { appendFileSync, readFileSync } = require('fs')
    appendFileSync('${runs}', 'x')
    console.log(JSON.stringify({ status: { token: readFileSync('${runs}', 'utf8') } }))`
  let renewed: () => void = () => assert.fail('renewed before the first answer')
  const early = new Promise<void>(resolve => {
    renewed = resolve
  })
  await using server = await TlsServer.start(async (request, response) => {
    const valid = request.headers.authorization === 'Bearer xx'
    if (valid) renewed()
    else if (request.url === '/late') await early
    response.writeHead(valid ? 200 : 401).end('{}')
  })
  const cluster = await connectTo(server, { exec: { command: process.execPath, args: ['-e', code] } })
  const answers = ['/late', '/', '/'].map(path => status(cluster, path))
  assert.deepEqual(await Promise.all(answers), [200, 200, 200])
  assert.equal(readFileSync(runs, 'utf8'), 'xx')
  await cluster.close()
})

test('after a 401, another current-context changes nothing, and another server is refused', async () => {
  await using server = await TlsServer.start((_, response) => response.writeHead(401).end())
  const config = JSON.parse(kubeconfig(server.url, server.authority.ca, { token: 'a' }))
  const file = write(JSON.stringify(config))
  const cluster = await connectCluster({ kubeconfig: file }, { env: {}, home: folder, podRoot: folder })
  writeFileSync(file, JSON.stringify({ ...config, 'current-context': 'gone', users: [{ name: 'me', user: { token: 'b' } }] }))
  assert.equal(await status(cluster), 401)
  assert.equal(server.requests.at(-1)?.headers.authorization, 'Bearer b')
  config.clusters[0].cluster.server = 'https://other:6443'
  writeFileSync(file, JSON.stringify(config))
  await assert.rejects(cluster.request('/'), { code: 'KEC_KUBECONFIG', message: /leads to https:\/\/other:6443 now/ })
  await cluster.close()
})

test('a client certificate is read again; requests on the old connection go on', async () => {
  await using server = await TlsServer.start((request, response) => {
    if (request.url === '/watch') response.writeHead(200).write('first\n')
    else response.end('{}')
  })
  const [one, two] = ['one', 'two'].map(name => server.authority.issue(name))
  const user = { 'client-certificate': write(one?.cert ?? ''), 'client-key': write(one?.key ?? '') }
  const cluster = await connectTo(server, user)
  const watch = await cluster.request('/watch')
  await status(cluster)
  writeFileSync(user['client-certificate'], two?.cert ?? '')
  writeFileSync(user['client-key'], two?.key ?? '')
  await status(cluster)
  assert.deepEqual(
    server.requests.map(({ client }) => client),
    ['one', 'one', 'two'],
  )
  assert.equal(watch.body.destroyed, false)
  // The watch's and the new one: the idle one of the old certificate is closed.
  while (server.open > 2) await once(server.changes, 'close')
  watch.body.on('error', () => {})
  await cluster.close()
})

test('an exec plugin: its environment, its expiry, what it is asked for once', async () => {
  await using server = await TlsServer.start()
  const script = join(folder, 'plugin.mjs')
  const runs = join(folder, 'runs')
  writeFileSync(
    script,
    `import { appendFileSync } from 'node:fs'
const info = JSON.parse(process.env.KUBERNETES_EXEC_INFO)
appendFileSync(${JSON.stringify(runs)}, 'x')
console.log(JSON.stringify({ apiVersion: info.apiVersion, kind: info.kind, status: {
  token: [process.argv[2], process.env.MINE, info.spec.cluster.server].join(' '),
  expirationTimestamp: new Date(Date.now() + 3_600_000).toISOString(),
} }))
`,
  )
  // The path of Node may be longer than a shebang may be, and have spaces.
  writeFileSync(join(folder, 'plugin'), `#!/bin/sh\nexec "${process.execPath}" "${script}" "$@"\n`, { mode: 0o700 })
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: './plugin', // beside the kubeconfig
    args: ['argument'],
    env: [{ name: 'MINE', value: 'yes' }],
    provideClusterInfo: true,
  }
  const cluster = await connectTo(server, { exec })
  await Promise.all([status(cluster), status(cluster)])
  await status(cluster)
  assert.equal(server.requests[0]?.headers.authorization, `Bearer argument yes ${server.url}`)
  assert.equal(readFileSync(runs, 'utf8'), 'x')
  mock.timers.enable({ apis: ['Date'], now: Date.now() + 3_700_000 })
  await status(cluster)
  mock.timers.reset()
  assert.equal(readFileSync(runs, 'utf8'), 'xx')
  await cluster.close()
})

test('an exec plugin that is missing, fails, talks nonsense, or hangs', async () => {
  await using server = await TlsServer.start()
  const run = (code: string) => ({ command: process.execPath, args: ['-e', code] })
  const told = (exec: object, request?: ApiRequest) => failure(kubeconfig(server.url, server.authority.ca, { exec }), {}, request)

  const missing = await told({ command: 'kec-no-such-plugin', installHint: 'get it from\u001b[2J example.test' })
  assert.equal(missing.code, 'KEC_KUBECONFIG')
  assert.match(missing.message, /needs the program kec-no-such-plugin, which cannot be started \(ENOENT\)/)
  assert.equal(missing.fix, 'get it from\\u001b[2J example.test')

  assert.match((await told(run('console.error("log in first"); process.exit(1)'))).message, /failed: log in first$/)

  const nonsense = await told(run('console.log("secret-token")'))
  assert.match(nonsense.message, /its output is no ExecCredential/)
  assert.doesNotMatch(nonsense.message + nonsense.fix, /secret-token/)

  const pid = join(folder, 'pid')
  const hangs = run(`require('fs').writeFileSync(${JSON.stringify(pid)}, String(process.pid)); setInterval(() => {}, 1000)`)
  assert.match((await told(hangs, { headersTimeout: 1500 })).message, /did not answer within 1.5 s/)
  if (existsSync(pid)) process.kill(Number(readFileSync(pid, 'utf8')))
})

test('in a pod: its service account', async () => {
  await using server = await TlsServer.start()
  const place = join(folder, 'var/run/secrets/kubernetes.io/serviceaccount')
  mkdirSync(place, { recursive: true })
  writeFileSync(join(place, 'token'), 'of-the-pod\n')
  writeFileSync(join(place, 'ca.crt'), server.authority.ca)
  // client-node looks at the environment of the process.
  Object.assign(process.env, { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(server.port) })
  const cluster = await connectCluster({}, { env: process.env, home: '/nowhere', podRoot: folder })
  assert.deepEqual([cluster.name, cluster.origin, cluster.server], ['default', 'in-cluster', server.url])
  assert.equal(await status(cluster), 200)
  assert.equal(server.requests[0]?.headers.authorization, 'Bearer of-the-pod')
  await cluster.close()
})

test('deadlines: the head, the body, and a caller who gives up', async () => {
  await using server = await TlsServer.start((request, response) => {
    if (request.url !== '/') response.writeHead(200).write('half a')
  })
  const cluster = await connectTo(server)
  await assert.rejects(cluster.request('/', { headersTimeout: 200 }), { code: 'KEC_CLUSTER', message: /did not answer within 0.2 s/ })
  const answer = await cluster.request('/body', { bodyTimeout: 100 })
  await assert.rejects(answer.body.text(), { code: 'UND_ERR_BODY_TIMEOUT' })
  await assert.rejects(cluster.request('/', { signal: AbortSignal.timeout(10) }), { name: 'TimeoutError' })
  const reason = new Error('enough')
  const controller = new AbortController()
  const later = await cluster.request('/body', { signal: controller.signal, headersTimeout: 5000 })
  controller.abort(reason)
  await assert.rejects(later.body.text(), reason)
  await cluster.close()
})

test('what keeps kec from an API server is told in words', async () => {
  await using server = await TlsServer.start()
  const { ca } = server.authority
  const port = server.port

  const wrongCa = await failure(kubeconfig(server.url, new Authority('another').ca, { token: 'secret-token' }))
  assert.equal(wrongCa.code, 'KEC_CLUSTER')
  assert.match(wrongCa.message, /its certificate is not signed by a CA that kec was given/)
  assert.doesNotMatch(wrongCa.message + wrongCa.fix, /secret-token/)
  assert.match((await failure(kubeconfig(server.url, undefined))).message, /not signed by a CA/)

  const named = await failure(kubeconfig(server.url, ca, {}, { 'tls-server-name': 'other.test' }))
  assert.match(named.message, /its certificate is for another name/)
  assert.match(named.fix, /tls-server-name/)

  assert.match((await failure(kubeconfig('https://kec.invalid:6443', ca))).message, /no such host|could not be looked up/)
  assert.match((await failure(kubeconfig('https://127.0.0.1:1', ca))).message, /nothing listens there \(ECONNREFUSED\)/)
  assert.match((await failure(kubeconfig(`http://127.0.0.1:${port}`, ca))).message, /closed the connection|does not speak HTTP/)
  assert.match((await failure(kubeconfig(server.url, 'no PEM'))).message, /not valid PEM|not signed by a CA/)
})

test('an expired server certificate, and an expired client certificate', async () => {
  const authority = new Authority()
  const past = new Date(Date.now() - 60_000)
  await using stale = await TlsServer.start(undefined, authority.issue('server', { names: ['127.0.0.1'], expires: past }))
  assert.match((await failure(kubeconfig(stale.url, authority.ca))).message, /its own certificate has expired/)

  await using server = await TlsServer.start()
  const { cert, key } = server.authority.issue('me', { expires: past })
  const user = { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) }
  const expired = await failure(kubeconfig(server.url, server.authority.ca, user))
  assert.match(expired.message, /the client certificate of .* expired at \d{4}-/)
  // With a token beside it, the server may not care.
  const cluster = await connectTo(server, { ...user, token: 'a' })
  assert.equal(await status(cluster), 200)
  await cluster.close()

  const broken = await failure(kubeconfig(server.url, server.authority.ca, { ...user, 'client-certificate-data': base64('x') }))
  assert.match(broken.message, /is not a PEM certificate/)
})

test('tls-server-name, and insecure-skip-tls-verify', async () => {
  await using server = await TlsServer.start(undefined)
  const named = await connectTo(server, {}, { 'tls-server-name': 'kec.test' })
  assert.equal(await status(named), 200)
  await named.close()
  const insecure = await connect(kubeconfig(server.url, undefined, {}, { 'insecure-skip-tls-verify': true }))
  assert.equal(await status(insecure), 200)
  await insecure.close()
})

test('through a proxy: of the environment, of the kubeconfig, refused, out of reach', async () => {
  await using server = await TlsServer.start()
  await using proxy = await ConnectProxy.start(server.port)
  const config = kubeconfig('https://kec.test:6443', server.authority.ca)
  const address = `http://user:pass@127.0.0.1:${proxy.port}`

  for (const [text, env] of [
    [config, { HTTPS_PROXY: address }],
    [config, { https_proxy: address, NO_PROXY: 'other.test' }],
    [kubeconfig('https://kec.test:6443', server.authority.ca, {}, { 'proxy-url': address }), { NO_PROXY: '*' }],
  ] as const) {
    const cluster = await connect(text, env)
    assert.equal(await status(cluster), 200)
    await cluster.close()
  }
  assert.equal(proxy.asked.length, 3)
  for (const head of proxy.asked) {
    assert.match(head, /^CONNECT kec\.test:6443 /)
    assert.match(head, new RegExp(`proxy-authorization: Basic ${base64('user:pass')}`, 'i'))
  }

  const direct = await failure(config, { HTTPS_PROXY: address, NO_PROXY: '.test' })
  assert.doesNotMatch(direct.message, /proxy/)

  proxy.refusal = '403 Forbidden'
  const refused = await failure(config, { HTTPS_PROXY: address })
  assert.match(
    refused.message,
    new RegExp(`^the proxy http://127.0.0.1:${proxy.port} refuses to connect to https://kec.test:6443 \\(403\\)`),
  )
  assert.doesNotMatch(refused.message + refused.fix, /pass@/)
  proxy.refusal = '407 Proxy Authentication Required'
  assert.match((await failure(config, { HTTPS_PROXY: address })).fix, /USER:PASSWORD/)

  const down = await failure(config, { HTTPS_PROXY: 'http://user:pass@127.0.0.1:1' })
  assert.match(down.message, /through the proxy http:\/\/127\.0\.0\.1:1 .*nothing listens there/)
  assert.doesNotMatch(down.message, /pass/)
  const invalid = await connect(config, { HTTPS_PROXY: 'ftp://user:pass@x' }).catch(error => error)
  assert.equal(invalid.code, 'KEC_KUBECONFIG')
  assert.match(invalid.message, /proxy/)
  assert.doesNotMatch(invalid.message, /pass/)
})
