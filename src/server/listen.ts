import type { FastifyInstance } from 'fastify'
import { KecError } from '../errors.ts'

const causes: Readonly<Record<string, readonly [what: string, fix: string]>> = {
  EADDRINUSE: [
    'is in use by another program',
    'Choose another server.port in the configuration (0: any free one), or end the other program.',
  ],
  EACCES: ['is not allowed to this user', 'Choose a server.port from 1024 on in the configuration.'],
  EADDRNOTAVAIL: ['is no address of this machine', 'Choose another server.host in the configuration: 127.0.0.1, or 0.0.0.0 for all.'],
  ENOTFOUND: ['is a name that leads to no address', 'Choose another server.host in the configuration: 127.0.0.1, or 0.0.0.0 for all.'],
}

/** An IPv6 address as sockets want it. */
function unbracketed(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1')
}

/** Host and port as they stand in a URL. */
export function authority(host: string, port: number): string {
  const name = unbracketed(host)
  return `${name.includes(':') ? `[${name}]` : name}:${port}`
}

/** Listens, or throws KEC_PORT: which address, why not, and what to change. */
export async function listen(server: FastifyInstance, host: string, port: number): Promise<void> {
  try {
    await server.listen({ host: unbracketed(host), port })
  } catch (error) {
    const [what, fix] = causes[error instanceof Error && 'code' in error ? String(error.code) : ''] ?? [
      `failed: ${error instanceof Error ? error.message : error}`,
      'Choose another server.host or server.port in the configuration.',
    ]
    throw new KecError('KEC_PORT', `The HTTP server cannot listen: ${authority(host, port)} ${what}.`, fix, { cause: error })
  }
}
