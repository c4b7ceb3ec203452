import type { Dispatcher } from 'undici'

export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Left out where undefined. */
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
  /** Sent as JSON. */
  readonly body?: unknown
  /** Of the body. Default application/json. */
  readonly contentType?: string
  readonly signal?: AbortSignal
  /** Milliseconds until the answer's head must be there. Default 30,000. */
  readonly headersTimeout?: number
  /** Milliseconds between two pieces of the body. Default 30,000; 0 for none. */
  readonly bodyTimeout?: number
}

export interface ApiResponse {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Dispatcher.ResponseData['headers']
  /** Must be read to its end or destroyed. */
  readonly body: Dispatcher.ResponseData['body']
}

/** One API server, and who kec is to it. Credentials are fresh at each request; a 401 reloads them and asks once more. */
export interface Cluster {
  /** What the kubeconfig's context calls the cluster, or 'default'. */
  readonly name: string
  /** Its URL, for people to read. Holds no credentials. */
  readonly server: string
  /** Where the credentials come from, for people to read: a file and a context, or `in-cluster`. */
  readonly origin: string
  request(path: string, request?: ApiRequest): Promise<ApiResponse>
  close(): Promise<void>
}
