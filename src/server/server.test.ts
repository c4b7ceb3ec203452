import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, get, request } from 'node:http'
import { connect, createServer, type Socket } from 'node:net'
import { afterEach, test } from 'node:test'
import type { Log } from '@kec/plugin-api'
import { listen } from '../../test/listen.ts'
import { KecError } from '../errors.ts'
import { type RunningServer, type ServerSetup, startServer } from './server.ts'

const running: RunningServer[] = []
afterEach(async () => {
  for (const server of running.splice(0)) await server.close()
})

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} }

async function started(setup: Partial<ServerSetup> = {}): Promise<RunningServer> {
  const server = await startServer({
    host: '127.0.0.1',
    port: 0,
    ready: () => ({ ready: true, reason: 'watching' }),
    status: () => ({ cluster: 'prod' }),
    metrics: async () => 'kec_up 1\n',
    log: silent,
    ...setup,
  })
  running.push(server)
  return server
}

/** A raw connection; all that comes back is in `text` once it is closed. */
async function raw(server: RunningServer, send: string): Promise<{ socket: Socket; text: Promise<string> }> {
  const { hostname, port } = new URL(server.url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  socket.on('error', () => undefined) // a reset is one of the ways to be sent away
  let text = ''
  socket.setEncoding('utf8').on('data', piece => {
    text += piece
  })
  socket.write(send)
  return { socket, text: once(socket, 'close').then(() => text) }
}

test('each place answers', async () => {
  const { url } = await started()
  const answers = {
    '/healthz': ['application/json; charset=utf-8', '{"alive":true}'],
    '/readyz': ['application/json; charset=utf-8', '{"ready":true,"reason":"watching"}'],
    '/status': ['application/json; charset=utf-8', '{"cluster":"prod"}'],
    '/metrics': ['text/plain; version=0.0.4; charset=utf-8', 'kec_up 1\n'],
  }
  for (const [path, [type, body]] of Object.entries(answers)) {
    const answer = await fetch(url + path)
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('content-type'), type)
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
    assert.equal(await answer.text(), body)
    const head = await fetch(url + path, { method: 'HEAD' })
    assert.deepEqual([head.status, head.headers.get('content-length'), await head.text()], [200, String(body?.length), ''])
  }
})

test('/readyz says why not, with 503; /healthz stays 200', async () => {
  const { url } = await started({ ready: () => ({ ready: false, reason: 'the first list is not through' }) })
  const answer = await fetch(`${url}/readyz`)
  assert.equal(answer.status, 503)
  assert.deepEqual(await answer.json(), { ready: false, reason: 'the first list is not through' })
  assert.equal((await fetch(`${url}/healthz`)).status, 200)
})

test('elsewhere there is nothing, and it says what there is', async () => {
  const { url } = await started()
  for (const path of ['/', '/metric', '/healthz/', '/%00', '/..%2f']) {
    const answer = await fetch(url + path)
    assert.equal(answer.status, 404)
    assert.deepEqual(await answer.json(), { error: 'not found', places: ['/healthz', '/readyz', '/status', '/metrics'] })
  }
})

test('other methods are refused, and a body is not waited for', async () => {
  const server = await started()
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
    const answer = await fetch(`${server.url}/metrics`, { method })
    assert.deepEqual([answer.status, answer.headers.get('allow')], [405, 'GET, HEAD'], method)
  }
  const { text } = await raw(server, 'POST /status HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\nabc')
  assert.match(await text, /^HTTP\/1\.1 405 /)
})

test('what fails inside is told to the log, not to the reader', async () => {
  const logged: unknown[] = []
  const log: Log = { ...silent, error: (message, fields) => logged.push(message, String(fields?.error)) }
  const { url } = await started({ metrics: () => Promise.reject(new Error('hunter2')), log })
  const answer = await fetch(`${url}/metrics`)
  assert.equal(answer.status, 500)
  assert.equal(await answer.text(), `{"error":"failed; kec's log says why"}`)
  assert.deepEqual(logged, ['GET /metrics failed', 'Error: hunter2'])
})

test('a port in use, a foreign address, a name without address: KEC_PORT with the address and the remedy', async t => {
  const port = await listen(t, createServer())
  const refused = async (setup: Partial<ServerSetup>, message: RegExp, fix: RegExp): Promise<void> => {
    await assert.rejects(started(setup), error => {
      assert.ok(error instanceof KecError && error.code === 'KEC_PORT')
      assert.match(error.message, message)
      assert.match(error.fix, fix)
      return true
    })
  }
  await refused({ port }, new RegExp(`127\\.0\\.0\\.1:${port} is in use`), /server\.port/)
  await refused({ host: '192.0.2.1', port: 80 }, /192\.0\.2\.1:80 is no address of this machine/, /server\.host/)
  await refused({ host: '2001:db8::1' }, /\[2001:db8::1\]:0 is no address of this machine/, /server\.host/)
  await refused({ host: 'no.such.invalid' }, /no\.such\.invalid:0 /, /server\.host/)
})

test('a port below 1024 is not allowed to everyone', { skip: process.getuid?.() === 0 && 'root may have any port' }, async () => {
  await assert.rejects(started({ port: 1 }), /127\.0\.0\.1:1 is not allowed to this user/)
})

test('IPv6, with and without brackets, and localhost', async () => {
  for (const host of ['::1', '[::1]', 'localhost']) {
    const { url } = await started({ host })
    assert.match(url, /^http:\/\/(\[::1\]|localhost):\d+$/)
    assert.equal((await fetch(`${url}/healthz`)).status, 200)
  }
})

test('close ends connections that are kept alive, and those still waiting for an answer, at once', { timeout: 8000 }, async () => {
  // The limit is below connectionTimeout, which would end the waiting one as well, later.
  const asked = Promise.withResolvers<void>()
  const server = await started({
    metrics: () => {
      asked.resolve()
      return new Promise(() => undefined)
    },
  })
  const agent = new Agent({ keepAlive: true })
  const idle = await new Promise<Socket>(resolve => {
    get(`${server.url}/healthz`, { agent }, answer => {
      const { socket } = answer
      answer.resume().on('end', () => resolve(socket))
    })
  })
  const waiting = request(`${server.url}/metrics`).end()
  const cut = once(waiting, 'error')
  await asked.promise
  const idleClosed = once(idle, 'close')
  await server.close()
  await Promise.all([cut, idleClosed])
})

test('who says nothing, half a head, half a body, or too much is sent away', async () => {
  const server = await started()
  const start = 'GET /healthz HTTP/1.1\r\nHost: x\r\n'
  const connections = await Promise.all([
    raw(server, ''),
    raw(server, start),
    raw(server, `${start}Content-Length: 10\r\n\r\nabc`),
    raw(server, `${start}X: ${'x'.repeat(20_000)}\r\n\r\n`),
    raw(server, 'hello\r\n\r\n'),
  ])
  const answers = await Promise.all(connections.map(({ text }) => text))
  const codes = answers.map(text => /^HTTP\/1\.1 (\d+)/.exec(text)?.[1])
  assert.deepEqual(codes.slice(1), ['408', '200', '431', '400'])
})
