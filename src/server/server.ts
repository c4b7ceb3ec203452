import type { AddressInfo } from 'node:net'
import fastify, { type FastifyInstance } from 'fastify'
import { KecError } from '../errors.ts'

export interface ServerSetup {
  readonly host: string
  readonly port: number
  readonly ready: () => { readonly ready: boolean; readonly reason: string }
  /** What /status shows; it must hold no secrets. */
  readonly status: () => object
  /** The text that /metrics shows. */
  readonly metrics: () => Promise<string>
}

export interface RunningServer {
  /** Where it really listens. */
  readonly url: string
  close(): Promise<void>
}

const prometheusText = 'text/plain; version=0.0.4; charset=utf-8'
const places = ['/healthz', '/readyz', '/status', '/metrics']

/** Answers GET and HEAD. Throws KEC_PORT when it can't have the address. */
export async function startServer({ host, port, ready, status, metrics }: ServerSetup): Promise<RunningServer> {
  const server = fastify({
    logger: false,
    // Nobody sends anything here that is long, or slow.
    bodyLimit: 1024,
    requestTimeout: 10_000,
    connectionTimeout: 60_000,
    forceCloseConnections: true,
  })
  server.get('/healthz', () => ({ alive: true }))
  server.get('/readyz', (_, reply) => {
    const answer = ready()
    return reply.code(answer.ready ? 200 : 503).send(answer)
  })
  server.get('/status', () => status())
  server.get('/metrics', async (_, reply) => reply.type(prometheusText).send(await metrics()))
  server.setNotFoundHandler((_, reply) => reply.code(404).send({ error: 'not found', places }))
  server.setErrorHandler((error, _, reply) => reply.code(500).send({ error: error instanceof Error ? error.message : String(error) }))
  await listen(server, host, port)
  const address = server.addresses()[0] as AddressInfo // it listens on TCP
  const shown = host.includes(':') ? `[${host}]` : host
  return { url: `http://${shown}:${address.port}`, close: () => server.close() }
}

async function listen(server: FastifyInstance, host: string, port: number): Promise<void> {
  try {
    await server.listen({ host, port })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const why: Record<string, string> = {
      EADDRINUSE: 'is in use by another program',
      EACCES: 'is not allowed to this user',
      EADDRNOTAVAIL: 'is no address of this machine',
      ENOTFOUND: 'is no address of this machine',
    }
    const fix =
      code === 'EADDRINUSE'
        ? 'Choose another server.port (0: any free one), or end the other program.'
        : 'Choose another server.host or server.port.'
    throw new KecError('KEC_PORT', `The HTTP server cannot listen: ${host}:${port} ${why[code] ?? `failed: ${error}`}.`, fix, {
      cause: error,
    })
  }
}
