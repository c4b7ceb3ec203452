import { createServer, type IncomingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'
import type { TestContext } from 'node:test'
import { gunzipSync } from 'node:zlib'
import type { Delivery, KubeEvent, Log } from '@kec/plugin-api'
import { kubeEvent } from '../../../test/kube-event.ts'
import { listen } from '../../../test/listen.ts'
import { options } from './options.ts'

interface Asked {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** `undefined` cuts the connection. */
type Answer = { readonly status?: number; readonly body: unknown; readonly headers?: Readonly<Record<string, string>> } | undefined

/** A server that answers as the test says; what is no text is sent as JSON, and a generator's pieces as long as somebody reads. */
export async function fakeServer(
  t: TestContext,
  answer: (asked: Asked) => Answer | Promise<Answer>,
): Promise<{ url: string; asked: Asked[] }> {
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part)
    const bytes = Buffer.concat(parts)
    const body = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString()
    const { method = '', url = '', headers } = request
    const one = { method, path: url, headers, body }
    asked.push(one)
    const given = await answer(one)
    if (given === undefined) return response.destroy()
    response.writeHead(given.status ?? 200, { 'x-elastic-product': 'Elasticsearch', 'content-type': 'application/json', ...given.headers })
    if (isGenerator(given.body)) return Readable.from(given.body).pipe(response)
    const text = typeof given.body === 'string' ? given.body : JSON.stringify(given.body)
    // Less than was announced, and then nothing more.
    if (given.headers?.['content-length'] !== undefined) return response.write(text, () => response.destroy())
    return response.end(text)
  })
  return { url: `http://127.0.0.1:${await listen(t, server)}`, asked }
}

const isGenerator = (body: unknown): body is Generator<string> =>
  typeof body === 'object' && body !== null && Symbol.iterator in body && 'next' in body

/** Options as kec hands them to the plugin. */
export const parsed = (given: Parameters<typeof options.parse>[0]) => options.parse(given)

export function eventWith(number: number, more: Partial<KubeEvent> = {}): KubeEvent {
  return kubeEvent({
    id: `cluster/event-${number}/7`,
    cluster: { name: 'prod', uid: 'cluster' },
    uid: `event-${number}`,
    change: 'created',
    message: 'Back-off restarting failed container',
    occurrences: 1,
    time: '2026-11-24T10:00:00.123456Z',
    firstTime: '2026-11-24T09:00:00Z',
    name: `web.${number}`,
    regarding: { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'web-0', uid: 'pod', fieldPath: '' },
    source: { component: 'kubelet', host: 'node-2' },
    ...more,
  })
}

export const eventsUpTo = (count: number): KubeEvent[] => Array.from({ length: count }, (_, number) => eventWith(number))

/** A delivery that notes the marks. */
export class Marks implements Delivery {
  readonly signal = new AbortController().signal
  readonly attempt = 1
  readonly replay = false
  readonly rejected: [id: string, reason: string][] = []
  readonly again: string[] = []
  quiet = 0

  reject(event: KubeEvent, reason: string): void {
    this.rejected.push([event.id, reason])
  }

  retry(event: KubeEvent): void {
    this.again.push(event.id)
  }

  slowDown(ms: number): void {
    this.quiet = ms
  }
}

/** A log that keeps what is said. */
export function keepingLog(): Log & { readonly said: string[] } {
  const said: string[] = []
  const keep = (message: string) => void said.push(message)
  return { said, debug: keep, info: keep, warn: keep, error: keep }
}
