// The server answers pushes as Loki does: with 204 once it has them, with 400 in its words for an entry that it will never take.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { conform } from '@kec/plugin-api/testing'
import { words } from './fixture.ts'
import loki from './index.ts'

const bearer = 'not-for-eyes'
const refusedReason = 'Refused'

async function lokiServer() {
  let is: 'well' | 'down' | 'silent' = 'well'
  let asked = 0
  const ids: string[] = []
  const server = createServer(async (request, response) => {
    asked++
    const { streams } = JSON.parse(gunzipSync(Buffer.concat(await request.toArray())).toString())
    if (is === 'silent') return
    if (is === 'down') return response.writeHead(503).end('no ingester is here')
    const entries = streams.flatMap(({ values }: { values: [string, string, Record<string, string>][] }) => values.map(([, , own]) => own))
    if (entries.some(({ reason }: Record<string, string>) => reason === refusedReason)) return response.writeHead(400).end(words.long)
    ids.push(...entries.map(({ id }: Record<string, string>) => id))
    return response.writeHead(204).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on TCP
  const turnTo = (how: typeof is) => () => {
    is = how
  }
  return {
    options: { url: `http://127.0.0.1:${port}`, bearer },
    trouble: { begin: turnTo('down'), end: turnTo('well'), asked: () => asked },
    silence: { begin: turnTo('silent'), end: turnTo('well') },
    received: () => ids,
    refusedReason,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

test('does what kec asks of a plugin', () =>
  conform(loki, {
    options: lokiServer,
    patience: 1_000,
    secrets: [bearer],
    wrongOptions: [{}, { url: 'no address' }, { url: 'http://localhost:3100', labels: { namespace: 'mine' } }],
  }))
