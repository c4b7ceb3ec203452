import { Agent, type Dispatcher, request } from 'undici'

/** What a test needs to speak to an API server: the sandbox or a real one. */
export interface Target {
  readonly url: string
  readonly token: string
  /** PEM; undefined over plain HTTP. */
  readonly ca?: string
  /** PEM, both or none: who the client is, beside the token. */
  readonly certificate?: string
  readonly key?: string
}

export interface Answer {
  readonly status: number
  readonly headers: Dispatcher.ResponseData['headers']
  // biome-ignore lint/suspicious/noExplicitAny: tests look into JSON of every shape.
  readonly body: any
}

export interface Call {
  readonly body?: unknown
  /** As it is, instead of JSON. */
  readonly text?: string
  readonly contentType?: string
  readonly accept?: string
  /** '' sends none. */
  readonly token?: string
  readonly signal?: AbortSignal
}

/** A plain client with kept connections. It hides nothing: no retry, no reload. */
export class Client {
  readonly target: Target
  readonly #agent: Agent

  constructor(target: Target) {
    this.target = target
    const { ca, certificate: cert, key } = target
    this.#agent = new Agent({ connect: { ...(ca && { ca }), ...(cert && key && { cert, key }) }, bodyTimeout: 0 })
  }

  async open(method: Dispatcher.HttpMethod, path: string, call: Call = {}): Promise<Dispatcher.ResponseData> {
    const token = call.token ?? this.target.token
    const body = call.text ?? (call.body === undefined ? null : JSON.stringify(call.body))
    return request(this.target.url + path, {
      method,
      dispatcher: this.#agent,
      headers: {
        'user-agent': 'kec-test',
        ...(token && { authorization: `Bearer ${token}` }),
        ...(body !== null && { 'content-type': call.contentType ?? 'application/json' }),
        ...(call.accept && { accept: call.accept }),
      },
      body,
      signal: call.signal ?? null,
    })
  }

  /** The whole answer; its body as JSON, or as text if it is none. */
  async call(method: Dispatcher.HttpMethod, path: string, call: Call = {}): Promise<Answer> {
    const { statusCode, headers, body } = await this.open(method, path, call)
    const text = await body.text()
    return { status: statusCode, headers, body: parsed(text) }
  }

  get(path: string): Promise<Answer> {
    return this.call('GET', path)
  }

  post(path: string, body: unknown): Promise<Answer> {
    return this.call('POST', path, { body })
  }

  put(path: string, body: unknown): Promise<Answer> {
    return this.call('PUT', path, { body })
  }

  /** A merge patch. */
  patch(path: string, body: unknown): Promise<Answer> {
    return this.call('PATCH', path, { body, contentType: 'application/merge-patch+json' })
  }

  delete(path: string, body?: unknown): Promise<Answer> {
    return this.call('DELETE', path, { body })
  }

  close(): Promise<void> {
    return this.#agent.destroy()
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
