import { EventEmitter, once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { Authority, type Certificate } from './certificates.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** An HTTPS server on loopback; its certificate is for 127.0.0.1, localhost and kec.test. It lets in clients with and without certificates. */
export class TlsServer implements AsyncDisposable {
  readonly authority: Authority
  readonly url: string
  readonly port: number
  /** What answers from now on. */
  answer: Answer
  readonly requests: { path: string; headers: IncomingMessage['headers']; client: string | undefined }[] = []
  /** How many there were. */
  connections = 0
  /** How many are open now. */
  open = 0
  /** Emits `close` when a connection has closed. */
  readonly changes = new EventEmitter()
  readonly #server: Server

  private constructor(server: Server, authority: Authority, answer: Answer) {
    this.#server = server
    this.authority = authority
    this.answer = answer
    this.port = portOf(server)
    this.url = `https://127.0.0.1:${this.port}`
  }

  static async start(answer: Answer = (_, response) => response.end('{}'), certificate?: Certificate): Promise<TlsServer> {
    const authority = new Authority()
    const own = certificate ?? authority.issue('server', { names: ['127.0.0.1', 'localhost', 'kec.test'] })
    const options = { ...own, ca: authority.ca, requestCert: true, rejectUnauthorized: false, keepAliveTimeout: 60_000 }
    const server = createServer(options, (request, response) => {
      const certificate = (request.socket as TLSSocket).getPeerCertificate() // an HTTPS server's sockets are TLS sockets
      tls.requests.push({ path: request.url ?? '', headers: request.headers, client: certificate.subject?.CN })
      tls.answer(request, response)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const tls = new TlsServer(server, authority, answer)
    server.on('secureConnection', socket => {
      tls.connections++
      tls.open++
      socket.on('close', () => {
        tls.open--
        tls.changes.emit('close')
      })
    })
    return tls
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if ('closeAllConnections' in this.#server) (this.#server as ReturnType<typeof createServer>).closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

/** A proxy that connects whatever it is asked for to one port of loopback, and keeps what it was asked. */
export class ConnectProxy implements AsyncDisposable {
  readonly port: number
  readonly asked: string[] = []
  /** The status it answers instead of connecting. */
  refusal: string | undefined
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(server: Server) {
    this.#server = server
    this.port = portOf(server)
  }

  static async start(target: number): Promise<ConnectProxy> {
    const server = createTcpServer(client => {
      proxy.#sockets.add(client)
      client.on('error', () => client.destroy())
      client.once('data', head => {
        proxy.asked.push(head.toString())
        if (proxy.refusal) return client.end(`HTTP/1.1 ${proxy.refusal}\r\ncontent-length: 0\r\n\r\n`)
        const upstream = connect(target, '127.0.0.1', () => {
          client.write('HTTP/1.1 200 Connection established\r\n\r\n')
          upstream.pipe(client).pipe(upstream)
        })
        upstream.on('error', () => client.destroy())
        client.on('close', () => upstream.destroy())
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const proxy = new ConnectProxy(server)
    return proxy
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

const portOf = (server: Server) => (server.address() as AddressInfo).port // it listens on TCP
