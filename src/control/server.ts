import { lstatSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Log } from '@kec/plugin-api'
import { errorOf, KecError } from '../errors.ts'
import { type Address, addressOf } from './address.ts'

/** What can be asked of a running kec, by name. What is thrown is the answer too, if it is a KecError. */
export type Answers = Readonly<Record<string, (wish: unknown) => unknown>>

export interface ControlSetup {
  /** Its path. What lies there must be a socket that nobody listens on any more: the journal's lock is ours. */
  readonly socket: string
  readonly answers: Answers
  readonly log: Log
}

export interface Control {
  close(): Promise<void>
}

/** Nobody sends anything here that is long, or slow, or reads slowly. Bytes, and ms. */
const longestWish = 1024 * 1024
const limits = { headersTimeout: 5_000, requestTimeout: 10_000, connectionsCheckingInterval: 1_000, maxHeaderSize: 8_192 }
const silence = 10_000
const maxConnections = 32

/**
 * Listens on a unix socket that only its owner may open: HTTP with JSON, `GET /NAME` or `POST /NAME` with a wish. It never fails: a kec
 * without its socket does its work all the same, and says why commands will not reach it.
 */
export async function startControl({ socket, answers, log }: ControlSetup): Promise<Control> {
  const server = createServer(limits, (request, response) => void answer(request, response, answers, log))
  server.maxConnections = maxConnections
  server.timeout = silence
  let address: Address | undefined
  try {
    removeStale(socket)
    address = addressOf(socket)
    const { path } = address
    await new Promise<void>((listening, failed) => {
      server.once('error', failed)
      // Nobody else may open it, not even between its making and a chmod; listen() makes it before it returns.
      const before = process.umask(0o177)
      try {
        server.listen(path, listening)
      } finally {
        process.umask(before)
      }
    })
    server.on('error', error => log.warn(`the control socket: ${error.message}`))
  } catch (error) {
    address?.release()
    log.warn(`commands such as kec status cannot reach this kec: ${errorOf(error).message}`, { socket })
    return { close: async () => {} }
  }
  return {
    async close() {
      const closed = new Promise(done => server.close(done))
      server.closeAllConnections()
      await closed
      address.release()
    },
  }
}

/** Of a kec that was killed. Anything but a socket is somebody's file. */
function removeStale(socket: string): void {
  const found = lstatSync(socket, { throwIfNoEntry: false })
  if (found === undefined) return
  if (!found.isSocket()) throw new Error(`${socket} is there, and is no socket`)
  rmSync(socket)
}

async function answer(request: IncomingMessage, response: ServerResponse, answers: Answers, log: Log): Promise<void> {
  const name = (request.url ?? '').slice(1)
  const send = (status: number, body: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json', ...(!request.complete && { connection: 'close' }) })
    response.end(JSON.stringify(body))
  }
  try {
    const wish = request.method === 'POST' ? await wishIn(request) : undefined
    const answer = Object.hasOwn(answers, name) ? answers[name] : undefined
    if (answer === undefined) send(404, { known: Object.keys(answers) })
    else send(200, answer(wish))
  } catch (error) {
    if (request.errored !== null) return // whoever asked has gone
    if (error instanceof KecError) return send(400, { code: error.code, message: error.message, fix: error.fix })
    log.error(`the control socket: ${JSON.stringify(name)} failed`, { error })
    send(500, {})
  }
}

async function wishIn(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length
    if (bytes > longestWish) throw new KecError('KEC_CONTROL', `A wish has ${longestWish} bytes at most.`, 'Ask for less at once.')
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString())
  } catch {
    throw new KecError('KEC_CONTROL', 'The wish is not JSON.', 'Send JSON.')
  }
}
