import { type Agent, Agent as HttpAgent, type IncomingMessage, request as requestByHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestByHttps } from 'node:https'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Options } from './options.ts'

const compress = promisify(gzip)

/** What Loki, or what stands before it, answers to a push. */
export interface Answer {
  readonly status: number
  /** Its beginning. */
  readonly text: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** Bytes of an answer that are read. */
const longestAnswer = 65_536

/** Pushes to one Loki, over connections that stay open. Not by fetch: it can't be given a CA. */
export class Client {
  /** Where pushes go. */
  readonly url: URL
  readonly #headers: Readonly<Record<string, string>>
  readonly #gzip: boolean
  readonly #agent: Agent

  constructor({ url, tenant, basic, bearer, headers, gzip, ca, insecure }: Options) {
    this.url = pushUrl(url)
    const authorization = basic
      ? `Basic ${Buffer.from(`${basic.username}:${basic.password}`).toString('base64')}`
      : bearer && `Bearer ${bearer}`
    this.#headers = {
      'user-agent': 'kec',
      ...headers,
      ...(authorization && { authorization }),
      ...(tenant && { 'x-scope-orgid': tenant }),
      'content-type': 'application/json',
      ...(gzip && { 'content-encoding': 'gzip' }),
    }
    this.#gzip = gzip
    const shared = { keepAlive: true, proxyEnv: process.env }
    this.#agent =
      this.url.protocol === 'https:'
        ? new HttpsAgent({ ...shared, rejectUnauthorized: !insecure, ...(ca !== undefined && { ca }) })
        : new HttpAgent(shared)
  }

  /** Throws if there is no answer. */
  async push(body: string, signal: AbortSignal): Promise<Answer> {
    const bytes = this.#gzip ? await compress(body) : Buffer.from(body)
    const response = await this.#post(bytes, signal)
    return { status: response.statusCode ?? 0, text: await beginningOf(response), headers: response.headers }
  }

  close(): void {
    this.#agent.destroy()
  }

  #post(bytes: Buffer, signal: AbortSignal): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const headers = { ...this.#headers, 'content-length': String(bytes.length) }
    const request = this.url.protocol === 'https:' ? requestByHttps : requestByHttp
    request(this.url, { method: 'POST', headers, agent: this.#agent, signal }).on('response', resolve).on('error', reject).end(bytes)
    return promise
  }
}

/** The path is added unless it is there. */
function pushUrl(text: string): URL {
  const url = new URL(text)
  if (!url.pathname.endsWith('/push')) url.pathname = `${url.pathname.replace(/\/+$/, '')}/loki/api/v1/push`
  return url
}

async function beginningOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response) {
    chunks.push(chunk)
    length += chunk.length
    if (length > longestAnswer) break // this ends the connection
  }
  return Buffer.concat(chunks).toString()
}
