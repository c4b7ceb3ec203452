import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { KecError } from '../errors.ts'
import { addressOf } from './address.ts'
import { ask, noKec } from './client.ts'
import { type Answers, startControl } from './server.ts'

const said: string[] = []
const say = (message: string) => void said.push(message)
const log = { debug: say, info: say, warn: say, error: say }

function folder(t: TestContext, ...inside: readonly string[]): string {
  const made = mkdtempSync(join(tmpdir(), 'kec-test-'))
  t.after(() => rmSync(made, { recursive: true }))
  const path = join(made, ...inside)
  mkdirSync(path, { recursive: true })
  return path
}

const refusal = new KecError('KEC_USAGE', 'There is no sink x.', 'There is log.')
const answers: Answers = {
  status: () => ({ alive: true }),
  echo: wish => wish,
  refuse: () => {
    throw refusal
  },
  fail: () => {
    throw new Error('a secret')
  },
}

function leadsTo(fd: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`)
  } catch {
    return undefined // it is closed by now
  }
}

async function controlIn(t: TestContext, path: string): Promise<string> {
  const socket = join(path, 'journal.db.sock')
  const control = await startControl({ socket, answers, log })
  t.after(() => control.close())
  return socket
}

test('a question, an answer; a refusal comes as it was thrown, and what else goes wrong without what it says', async t => {
  const socket = await controlIn(t, folder(t))
  assert.deepEqual(await ask(socket, 'status'), { alive: true })
  assert.deepEqual(await ask(socket, 'echo', { ids: [1, 2], text: '\u001b€' }), { ids: [1, 2], text: '\u001b€' })
  await assert.rejects(ask(socket, 'refuse', {}), { code: 'KEC_USAGE', message: refusal.message, fix: refusal.fix })
  await assert.rejects(ask(socket, 'fail', {}), ({ code, message }) => code === 'KEC_CONTROL' && !message.includes('secret'))
  for (const unknown of ['nothing', 'toString', '__proto__'])
    await assert.rejects(ask(socket, unknown), { code: 'KEC_CONTROL', message: /another version/ })
})

test('only its owner may open it, from its first moment on', async t => {
  const path = folder(t)
  const before = process.umask(0)
  t.after(() => process.umask(before))
  const socket = await controlIn(t, path)
  assert.equal(statSync(socket).mode & 0o777, 0o600)
  assert.equal(process.umask(), 0, 'other files are made as before')
  const isRoot = process.getuid?.() === 0
  if (!isRoot) chmodSync(socket, 0)
  for (let at = path; at !== tmpdir() && isRoot; at = join(at, '..')) chmodSync(at, 0o755)
  // Root may do everything: then somebody else tries.
  const program = `import { ask } from './src/control/client.ts'
    ask(${JSON.stringify(socket)}, 'status').catch(error => console.log(error.code, error.message, error.fix))`
  const root = join(import.meta.dirname, '../..')
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module-typescript', '--eval', program], {
    cwd: root,
    encoding: 'utf8',
    ...(isRoot && { uid: 65_534, gid: 65_534 }),
  })
  assert.match(`${stdout}${stderr}`, /^KEC_CONTROL Only its owner may ask .* Run this command as the user with the uid \d+\.\n$/)
})

test('a path that is too long for a socket', async t => {
  const path = folder(t, 'x'.repeat(90), 'y'.repeat(90))
  const socket = join(path, 'journal.db.sock')
  assert.throws(() => addressOf(socket, 'darwin'), { code: 'KEC_CONTROL', message: /too long .* 2\d\d bytes/ })
  const openFolders = () => (existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd') : []).filter(fd => leadsTo(fd) === path)
  const control = await startControl({ socket, answers, log })
  assert.deepEqual(await ask(socket, 'status'), { alive: true })
  assert.ok(existsSync(socket))
  await control.close()
  assert.ok(!existsSync(socket), 'it goes with its kec')
  assert.equal(await ask(socket, 'status'), noKec)
  assert.deepEqual(openFolders(), [])
})

test('the socket of a kec that was killed is no kec, and gives way to the next; a file stays', async t => {
  const path = folder(t)
  const socket = join(path, 'journal.db.sock')
  assert.equal(await ask(socket, 'status'), noKec)
  assert.equal(await ask(join(path, 'not', 'there'), 'status'), noKec)
  const killed = spawn(process.execPath, ['-e', `require('net').createServer().listen(${JSON.stringify(socket)}, () => console.log(1))`])
  await once(killed.stdout, 'data')
  killed.kill('SIGKILL')
  await once(killed, 'exit')
  assert.ok(statSync(socket).isSocket())
  assert.equal(await ask(socket, 'status'), noKec)
  await controlIn(t, path)
  assert.deepEqual(await ask(socket, 'status'), { alive: true })

  const other = folder(t)
  writeFileSync(join(other, 'journal.db.sock'), 'mine')
  said.length = 0
  await controlIn(t, other)
  assert.match(said.join(), /cannot reach this kec: .*is there, and is no socket/)
  assert.equal(readFileSync(join(other, 'journal.db.sock'), 'utf8'), 'mine')
  assert.equal(await ask(join(other, 'journal.db.sock'), 'status'), noKec)
})

test('hostile and broken clients: kec goes on, and answers the next', async t => {
  const socket = await controlIn(t, folder(t))
  const head = 'POST /echo HTTP/1.1\r\nhost: x\r\n'
  const wishes = [
    '\0\0\0\u001b[2J garbage\r\n\r\n',
    'GET /status HTTP/1.1\r\n\r\n',
    `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`,
    `${head}content-length: 9\r\n\r\nnot json!`,
    `${head}content-length: 2000000\r\n\r\n"${'x'.repeat(1_999_998)}"`,
    `${head}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\nzzz`,
  ]
  for (const wish of wishes) {
    const client = connect(socket)
    let answer = ''
    client.setEncoding('utf8').on('data', text => {
      answer += text
    })
    client.on('error', () => undefined) // closed before all of it was sent
    client.write(wish)
    await Promise.race([once(client, 'close'), once(client, 'data')])
    client.destroy()
    assert.match(answer, /^HTTP\/1\.1 4\d\d |^$/, wish.slice(0, 60))
  }
  // Half a question, and then silence; or the end.
  const silent = Array.from({ length: 20 }, () => connect(socket).on('error', () => undefined))
  for (const client of silent) client.write(`${head}content-length: 100\r\n\r\n{`)
  for (const client of silent.slice(10)) client.destroy()
  t.after(() => silent.map(client => client.destroy()))
  assert.deepEqual(await ask(socket, 'echo', { still: 'here' }), { still: 'here' })
  // More than it holds at once: they are turned away, and it is there again when they are gone.
  const crowd = Array.from({ length: 60 }, () => connect(socket).on('error', () => undefined))
  await Promise.all(crowd.slice(40).map(client => once(client, 'close')))
  for (const client of [...crowd, ...silent]) client.destroy()
  await Promise.all([...crowd, ...silent].map(client => client.closed || once(client, 'close')))
  for (;;) {
    const answer = await ask(socket, 'status').catch(error => error)
    if (!(answer instanceof KecError)) break // it has not noticed yet that they are gone
  }
})

test('what listens there and is no kec: it says so, in time', async t => {
  const socket = join(folder(t), 'journal.db.sock')
  const servers: Server[] = []
  t.after(() => servers.map(server => server.close()))
  const serve = async (behave: (client: Socket) => void) => {
    for (const server of servers.splice(0)) await new Promise(done => server.close(done))
    const server = createServer(client => behave(client.on('error', () => undefined).resume())).listen(socket)
    servers.push(server)
    await once(server, 'listening')
  }
  await serve(client => client.destroy())
  await assert.rejects(ask(socket, 'status'), { code: 'KEC_CONTROL', message: /could not be asked/ })
  await serve(client => client.end('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\noops'))
  await assert.rejects(ask(socket, 'status'), { code: 'KEC_CONTROL', message: /not JSON/ })
  await serve(client => client.end('HTTP/1.1 400 No\r\ncontent-length: 4\r\n\r\nnull'))
  await assert.rejects(ask(socket, 'status'), { code: 'KEC_CONTROL' })
  const clients: Socket[] = []
  await serve(client => void clients.push(client))
  await assert.rejects(ask(socket, 'status', undefined, 50), { code: 'KEC_CONTROL', message: /did not answer within 0\.05 s/ })
  for (const client of clients) client.destroy()
})
