import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the webhook sink posts to: keeps how often each event came, and can be out of order. */
export interface Receiver {
  readonly url: string
  /** False: it answers 503. */
  up: boolean
  /** How often each event came, by id. */
  readonly received: ReadonlyMap<string, number>
  close(): Promise<void>
}

export async function startReceiver(): Promise<Receiver> {
  const received = new Map<string, number>()
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    if (!receiver.up) return response.writeHead(503).end()
    for (const { id } of JSON.parse(body) as { id: string }[]) received.set(id, (received.get(id) ?? 0) + 1) // kec's own plugin sent it
    response.writeHead(204).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on TCP
  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}`,
    up: true,
    received,
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
  return receiver
}
