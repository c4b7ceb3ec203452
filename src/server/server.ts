import type { AddressInfo } from 'node:net'
import type { Log } from '@kec/plugin-api'
import fastify from 'fastify'
import { authority, listen } from './listen.ts'

export interface ServerSetup {
  /** A name or an address, IPv6 with or without brackets. */
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  readonly ready: () => { readonly ready: boolean; readonly reason: string }
  /** What /status shows; it must hold no secrets. */
  readonly status: () => object
  /** The text that /metrics shows. */
  readonly metrics: () => Promise<string>
  readonly log: Log
}

export interface RunningServer {
  /** Where it really listens. */
  readonly url: string
  /** Ends every connection, kept alive or in use. */
  close(): Promise<void>
}

const prometheusText = 'text/plain; version=0.0.4; charset=utf-8'
const places = ['/healthz', '/readyz', '/status', '/metrics']

/** Nobody sends anything here that is long, or slow, or reads slowly; times in ms. */
const limits = {
  bodyLimit: 1024,
  requestTimeout: 10_000,
  connectionTimeout: 10_000,
  keepAliveTimeout: 60_000,
  http: { headersTimeout: 5000, maxHeaderSize: 8192, connectionsCheckingInterval: 1000 },
}
const maxConnections = 256

/** Answers GET and HEAD. Throws KEC_PORT when it can't have the address. */
export async function startServer({ host, port, ready, status, metrics, log }: ServerSetup): Promise<RunningServer> {
  const server = fastify({ logger: false, forceCloseConnections: true, ...limits })
  server.server.maxConnections = maxConnections
  server.addHook('onRequest', async (request, reply) => {
    // Texts of events are in the answers, and nothing may take them for a page or keep them.
    reply.headers({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' })
    if (request.method === 'GET' || request.method === 'HEAD') return
    // The body is not read, so the connection cannot serve another request.
    return reply.code(405).headers({ allow: 'GET, HEAD', connection: 'close' }).send({ error: 'only GET and HEAD' })
  })
  server.get('/healthz', () => ({ alive: true }))
  server.get('/readyz', (_, reply) => {
    const answer = ready()
    return reply.code(answer.ready ? 200 : 503).send(answer)
  })
  server.get('/status', () => status())
  server.get('/metrics', async (_, reply) => reply.type(prometheusText).send(await metrics()))
  server.setNotFoundHandler((_, reply) => reply.code(404).send({ error: 'not found', places }))
  server.setErrorHandler((error, request, reply) => {
    // Its message may be a plugin's, and is for the operator only.
    log.error(`${request.method} ${request.url} failed`, { error })
    return reply.code(500).send({ error: "failed; kec's log says why" })
  })
  await listen(server, host, port)
  const address = server.addresses()[0] as AddressInfo // it listens on TCP
  return { url: `http://${authority(host, address.port)}`, close: () => server.close() }
}
