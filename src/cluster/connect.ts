import type { Dispatcher } from 'undici'
import { KecError } from '../errors.ts'
import type { ApiRequest, ApiResponse, Cluster } from './cluster.ts'
import { type Credentials, readCredentials, type Tls } from './credentials.ts'
import { connections, sameTls } from './dispatcher.ts'
import { explainConnection } from './explain.ts'
import { type Kubeconfig, type KubeconfigOptions, loadKubeconfig, type Surroundings, surroundings } from './kubeconfig.ts'
import { chooseProxy } from './proxy.ts'

/**
 * The API server of a kubeconfig's context, or of the cluster that kec runs in. Nothing is sent before the first request.
 * Throws KEC_KUBECONFIG.
 */
export async function connectCluster(options: KubeconfigOptions, around: Surroundings = surroundings()): Promise<Cluster> {
  return new ApiServer(options, around, await loadKubeconfig(options, around))
}

/** What was read from the kubeconfig at one time. A 401 makes a new one. */
class Login {
  readonly #load: () => Promise<Kubeconfig>
  #kubeconfig: Kubeconfig | undefined
  #reading: Promise<Credentials> | undefined

  constructor(load: () => Promise<Kubeconfig>) {
    this.#load = load
  }

  /** Requests at the same time share one reading: an exec plugin may be slow, or ask a person. */
  credentials(): Promise<Credentials> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  async #read(): Promise<Credentials> {
    this.#kubeconfig ??= await this.#load()
    return readCredentials(this.#kubeconfig)
  }
}

class ApiServer implements Cluster {
  readonly name: string
  readonly server: string
  readonly origin: string
  readonly #options: KubeconfigOptions
  readonly #around: Surroundings
  readonly #url: URL
  readonly #proxy: string | undefined
  #login: Login
  #connections: { readonly tls: Tls; readonly dispatcher: Dispatcher } | undefined
  /** Those of earlier certificates that still have requests. */
  readonly #retired = new Set<Dispatcher>()

  constructor(options: KubeconfigOptions, around: Surroundings, kubeconfig: Kubeconfig) {
    this.name = kubeconfig.name
    this.server = withoutPassword(kubeconfig.server.href)
    this.origin = kubeconfig.origin
    // Another current-context, chosen while kec runs, must not lead it into another cluster.
    this.#options = { ...options, context: kubeconfig.context }
    this.#around = around
    this.#url = kubeconfig.server
    this.#proxy = chooseProxy(kubeconfig, around.env)
    this.#login = new Login(async () => kubeconfig)
  }

  async request(path: string, request: ApiRequest = {}): Promise<ApiResponse> {
    const { headersTimeout = 30_000 } = request
    const deadline = new AbortController()
    const timer = setTimeout(() => deadline.abort(this.#tooSlow(headersTimeout)), headersTimeout)
    const signal = request.signal ? AbortSignal.any([deadline.signal, request.signal]) : deadline.signal
    try {
      const login = this.#login
      const answer = await this.#ask(login, path, request, signal)
      if (answer.status !== 401) return answer
      await answer.body.dump()
      return await this.#ask(this.#renew(login), path, request, signal)
    } catch (error) {
      if (request.signal?.aborted) throw error
      throw explainConnection(error, this.#attempt())
    } finally {
      clearTimeout(timer)
    }
  }

  async close(): Promise<void> {
    const all = [...this.#retired, ...(this.#connections ? [this.#connections.dispatcher] : [])]
    await Promise.all(all.map(dispatcher => dispatcher.destroy()))
  }

  async #ask(login: Login, path: string, request: ApiRequest, signal: AbortSignal): Promise<ApiResponse> {
    const { headers, tls, expires } = await unlessAborted(login.credentials(), signal)
    if (expires && expires < new Date() && !headers.authorization) throw this.#expired(expires)
    const { method = 'GET', query = {}, body, contentType = 'application/json', bodyTimeout = 30_000 } = request
    const answer = await this.#dispatcher(tls).request({
      origin: this.#url.origin,
      path: pathWithQuery(this.#url.pathname, path, query),
      method,
      headers: {
        accept: 'application/json',
        'user-agent': 'kec',
        ...headers,
        ...(body !== undefined && { 'content-type': contentType }),
      },
      body: body === undefined ? null : JSON.stringify(body),
      bodyTimeout,
      signal,
    })
    return { status: answer.statusCode, headers: answer.headers, body: answer.body }
  }

  /** A certificate that has changed needs new connections; requests on the old ones go on to their end. */
  #dispatcher(tls: Tls): Dispatcher {
    if (this.#connections && sameTls(this.#connections.tls, tls)) return this.#connections.dispatcher
    const old = this.#connections?.dispatcher
    if (old) {
      this.#retired.add(old)
      void old.close().then(
        () => this.#retired.delete(old),
        () => this.#retired.delete(old),
      )
    }
    const dispatcher = connections(tls, this.#proxy)
    this.#connections = { tls, dispatcher }
    return dispatcher
  }

  /** Reads all of it anew: the kubeconfig may hold another token now, and only so client-node forgets what its exec plugin said. */
  #renew(refused: Login): Login {
    if (this.#login === refused) this.#login = new Login(() => this.#readAgain())
    return this.#login
  }

  async #readAgain(): Promise<Kubeconfig> {
    const kubeconfig = await loadKubeconfig(this.#options, this.#around)
    if (kubeconfig.server.href === this.#url.href) return kubeconfig
    const now = withoutPassword(kubeconfig.server.href)
    throw new KecError('KEC_KUBECONFIG', `${this.origin} leads to ${now} now, no longer to ${this.server}`, 'Start kec again.')
  }

  #attempt() {
    return { server: this.server, origin: this.origin, proxy: this.#proxy && withoutPassword(this.#proxy) }
  }

  #tooSlow(milliseconds: number): KecError {
    const { server, origin, proxy } = this.#attempt()
    const through = proxy ? ` through the proxy ${proxy}` : ''
    return new KecError(
      'KEC_CLUSTER',
      `the API server ${server}${through} (${origin}) did not answer within ${milliseconds / 1000} s`,
      'Is it overloaded, or does a firewall, a proxy or a credential program stand in between and wait?',
    )
  }

  #expired(expires: Date): KecError {
    return new KecError(
      'KEC_CLUSTER',
      `the client certificate of ${this.origin} expired at ${expires.toISOString()}`,
      'Get a new one for the kubeconfig.',
    )
  }
}

function pathWithQuery(prefix: string, path: string, query: NonNullable<ApiRequest['query']>): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, String(value))
  return `${prefix.replace(/\/$/, '')}${path}${parameters.size > 0 ? `?${parameters}` : ''}`
}

function withoutPassword(address: string): string {
  const url = URL.parse(address)
  if (!url) return 'with an invalid address'
  url.username = ''
  url.password = ''
  return url.href.replace(/\/$/, '')
}

/** What an exec plugin is waited for can't be taken back, but the wait can end. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort)
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
