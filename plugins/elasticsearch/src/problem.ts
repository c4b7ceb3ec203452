/** What Elasticsearch, or the way to it, has against a request: in words for its operator. */
export class ElasticsearchProblem extends Error {
  override readonly name = 'ElasticsearchProblem'
  /** HTTP status; undefined if there was no answer, or none of Elasticsearch. */
  readonly status: number | undefined
  /** Milliseconds that it asked to be left alone. */
  readonly retryAfter: number | undefined

  constructor(message: string, status?: number, retryAfter?: number) {
    super(message)
    this.status = status
    this.retryAfter = retryAfter
  }
}

/** What Elasticsearch says in `error`, of a request or of one event of it. */
export interface Reason {
  readonly type: string
  readonly reason: string
}

const longest = 600

/** Reads `error` of an answer. It comes from outside: anything may stand there. */
export function reasonOf(error: unknown): Reason {
  if (typeof error === 'string') return { type: 'error', reason: cut(error) }
  if (typeof error !== 'object' || error === null) return { type: 'error', reason: 'no reason given' }
  const type = 'type' in error && typeof error.type === 'string' ? error.type : 'error'
  const reason = 'reason' in error && typeof error.reason === 'string' ? error.reason : 'no reason given'
  // What is wrong with a field is one level deeper.
  const cause = 'caused_by' in error ? reasonOf(error.caused_by).reason : undefined
  return { type, reason: cut(cause === undefined || reason.includes(cause) ? reason : `${reason}: ${cause}`) }
}

const cut = (text: string) => (text.length <= longest ? text : `${text.slice(0, longest)}…`)

/** `needed`: the privilege that the request takes, such as `the cluster privilege manage_index_templates`. */
export function refusal(status: number, { type, reason }: Reason, needed: string): string {
  if (status === 401) return `Elasticsearch does not take the credentials (401): ${reason}. Correct apiKey, or username and password`
  if (status === 403 && type === 'security_exception') return `Elasticsearch refuses it (403): kec needs ${needed}. It says: ${reason}`
  if (type === 'cluster_block_exception')
    return `Elasticsearch has blocked the index (${status}): ${reason}. A block of its own, as on a full disk, it lifts when there is room`
  return `Elasticsearch answers ${status}, ${type}: ${reason}`
}

/** An error of the client's, in our words. What it is it says by its name; the address is not in it. */
export function problemOf(error: unknown, needed: string, timeout: number): ElasticsearchProblem {
  const { name, message, meta } = error as Partial<ClientError> // each is looked at before it is used
  if (name === 'ResponseError' && meta?.statusCode !== undefined) {
    const { statusCode, body, headers } = meta
    const reason = reasonOf(typeof body === 'object' && body !== null && 'error' in body ? body.error : body)
    return new ElasticsearchProblem(refusal(statusCode, reason, needed), statusCode, milliseconds(headers?.['retry-after']))
  }
  if (name === 'TimeoutError') return new ElasticsearchProblem(`Elasticsearch has not answered within ${timeout} ms (option timeout)`)
  if (name === 'RequestAbortedError' && /bigger than the maximum/.test(message ?? ''))
    return new ElasticsearchProblem('Elasticsearch, or what stands before it, answers with far more than was asked for')
  if (name === 'RequestAbortedError')
    return new ElasticsearchProblem('the request was given up: kec would not wait longer (delivery.timeout)')
  if (name === 'ProductNotSupportedError')
    return new ElasticsearchProblem(
      'what answers is not Elasticsearch (from 7.14 on it says so by the header x-elastic-product): correct node, or the proxy before it',
    )
  if (name === 'DeserializationError')
    return new ElasticsearchProblem('Elasticsearch, or what stands before it, answers with something that is not JSON')
  const what = cut(message ?? String(error))
  const remedy = /certificate/i.test(what) ? `. Give its CA: ca: '\${file:/etc/kec/ca.pem}', or caFingerprint` : ''
  return new ElasticsearchProblem(`Elasticsearch can't be reached: ${what}${remedy}`)
}

interface ClientError extends Error {
  readonly meta: { readonly statusCode?: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, unknown>> }
}

/** Of a Retry-After in seconds; a date is not heeded. Never more than 5 min: kec asks again then. */
function milliseconds(header: unknown): number | undefined {
  const seconds = Number(header)
  return header !== undefined && seconds > 0 ? Math.min(seconds, 300) * 1000 : undefined
}
