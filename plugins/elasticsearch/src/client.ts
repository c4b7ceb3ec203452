import type { ClientOptions } from '@elastic/elasticsearch'
import type { Options } from './options.ts'
import { caByFingerprint } from './pin.ts'
import { ElasticsearchProblem, problemOf } from './problem.ts'

interface Request {
  readonly method: 'GET' | 'PUT' | 'POST'
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  /** JSON. */
  readonly body?: object
  /** NDJSON, as it is sent. */
  readonly lines?: string
  readonly signal?: AbortSignal
  /** The privilege that it takes, in words: a refusal names it. */
  readonly needed: string
}

/** What the plugin asks of Elasticsearch. Every failure is an ElasticsearchProblem. */
export interface Elasticsearch {
  /** The body of the answer; undefined for 404 to a GET. */
  request(request: Request): Promise<unknown>
  close(): Promise<void>
}

/** An answer that is larger is none that we asked for. */
const longestAnswer = 64 * 1024 * 1024
/** gzip makes a thousandth of a text at best: what is compressed unasked is not larger than that when the client unpacks it, without a limit. */
const mostCompression = 1024

/** Loads the client, which takes 200 ms and 44 MB: only where it is used. Opens no connection yet. */
export async function connect(options: Options): Promise<Elasticsearch> {
  const configuration = clientOptions(options)
  const { Client } = await import('@elastic/elasticsearch')
  const { caFingerprint, timeout } = options
  let known = caFingerprint === undefined ? new Client(configuration) : undefined
  /** With a fingerprint, Elasticsearch must be there to show its CA. */
  const clientOf = async (fingerprint: string) => {
    const ca = await caByFingerprint(addressesOf(options), fingerprint, timeout)
    known = new Client({ ...configuration, tls: { ca } })
    return known
  }
  return {
    async request({ method, path, query = {}, body, lines, signal, needed }) {
      // Plain media types: with its own, the client talks to a server of its own major version only.
      const headers = {
        accept: 'application/json',
        'accept-encoding': 'identity',
        'content-type': lines === undefined ? 'application/json' : 'application/x-ndjson',
      }
      const content = lines === undefined ? body && { body } : { bulkBody: lines }
      const settings = { headers, ...(signal && { signal }), ...(method === 'GET' && { ignore: [404] }) }
      try {
        const client = known ?? (await clientOf(caFingerprint ?? ''))
        const answer = await client.transport.request({ method, path, querystring: query, ...content }, { ...settings, meta: true })
        // The client follows no redirect, and takes one for an answer.
        if (answer.statusCode !== 404 && answer.statusCode >= 300)
          throw new ElasticsearchProblem(`what answers is not Elasticsearch, but points elsewhere (${answer.statusCode}): correct node`)
        return answer.statusCode === 404 ? undefined : answer.body
      } catch (error) {
        throw error instanceof ElasticsearchProblem ? error : problemOf(error, needed, timeout)
      }
    },
    close: async () => known?.close(),
  }
}

const addressesOf = ({ node }: Options): URL[] => [node ?? []].flat().map(address => new URL(address))

/** The hosts to which a login goes unencrypted over a network. */
export function readableLogins(options: Options): string[] {
  const { apiKey, username, headers } = options
  const isGiven = (apiKey ?? username) !== undefined || 'authorization' in lowerCased(headers)
  return addressesOf(options)
    .filter(address => address.protocol === 'http:' && !loopback.test(address.hostname) && (isGiven || address.username !== ''))
    .map(({ host }) => host)
}

const loopback = /^((.+\.)?localhost|127(\.\d+){3}|\[::1\])$/

/** No retry of its own: kec hands the batch over again. */
export function clientOptions(options: Options): ClientOptions {
  const { cloudId, apiKey, username, password, ca, insecure, headers, compression, timeout } = options
  const addresses = addressesOf(options)
  const inAddress = addresses.find(address => address.username !== '')
  // Out of the address, which errors show.
  const basic = inAddress && { username: decodeURIComponent(inAddress.username), password: decodeURIComponent(inAddress.password) }
  for (const address of addresses) {
    address.username = ''
    address.password = ''
  }
  const auth = apiKey !== undefined ? { apiKey } : username !== undefined && password !== undefined ? { username, password } : basic
  return {
    ...(cloudId === undefined ? { nodes: addresses.map(({ href }) => href) } : { cloud: { id: cloudId } }),
    ...(auth && { auth }),
    tls: { ...(ca !== undefined && { ca }), ...(insecure && { rejectUnauthorized: false }) },
    headers: { 'user-agent': 'kec', ...lowerCased(headers) },
    compression,
    requestTimeout: timeout,
    maxRetries: 0,
    enableMetaHeader: false,
    maxResponseSize: longestAnswer,
    maxCompressedResponseSize: longestAnswer / mostCompression,
  }
}

/** The client sends a header twice whose name is not. */
function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}
