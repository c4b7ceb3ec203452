// A stand-in for an API server that does nothing but send: prepared bytes over plain HTTP, as fast as they are taken. Run as a process of
// its own: `feeder.ts EVENTS [HOLD]`; it prints its port. GET /bytes streams the watch's bytes to whoever asks. After HOLD events it waits
// for GET /go.
import { createServer, type ServerResponse } from 'node:http'
import { makeEvents } from './events.ts'

const count = Number(process.argv[2])
const hold = Number(process.argv[3] ?? Number.POSITIVE_INFINITY)
const first = 1_000_000
const size = 64 * 1024

const chunks: Buffer[] = []
/** How many chunks come before it waits. */
let held = Number.POSITIVE_INFINITY
let lines: string[] = []
let length = 0
let made = 0
for (const object of makeEvents(count, first)) {
  const line = JSON.stringify({ type: 'ADDED', object })
  lines.push(line)
  length += line.length + 1
  made++
  if (made === hold) held = chunks.length + 1
  if (length < size && made !== hold) continue
  chunks.push(Buffer.from(`${lines.join('\n')}\n`))
  lines = []
  length = 0
}
if (lines.length > 0) chunks.push(Buffer.from(`${lines.join('\n')}\n`))

let began = 0
const { promise: go, resolve: goOn } = Promise.withResolvers<void>()

async function stream(response: ServerResponse): Promise<void> {
  began = Date.now()
  response.writeHead(200, { 'content-type': 'application/json' })
  for (const [index, chunk] of chunks.entries()) {
    if (index === held) await go
    if (!response.write(chunk)) await new Promise(resolve => response.once('drain', resolve))
    if (response.destroyed) return
  }
}

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://feeder')
  if (searchParams.get('watch') === 'true')
    void stream(response) // stays open, as a watch does
  else if (pathname === '/bytes') void stream(response).then(() => response.end())
  else if (pathname === '/began') response.end(String(began))
  else if (pathname === '/go') {
    goOn()
    response.end()
  } else if (pathname.endsWith('/events')) response.end(JSON.stringify({ metadata: { resourceVersion: String(first - 1) }, items: [] }))
  else if (pathname.endsWith('/namespaces/kube-system')) response.end(JSON.stringify({ metadata: { uid: 'feeder' } }))
  else response.writeHead(404).end('{}')
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object' && address !== null) console.log(address.port)
})
