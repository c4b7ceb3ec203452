import type { ApiResponse } from '../cluster/cluster.ts'
import { KecError } from '../errors.ts'

/** Why a request or a watch did not do its work; also the label of the source's error counter. */
export type FailureCause =
  | 'gone' // 410: the version asked for is compacted away
  | 'ahead' // 504: the version asked for is yet to come
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'bad_request'
  | 'too_many_requests'
  | 'server_error'
  | 'stream_error' // a watch that was open ended with an error of the API server
  | 'connection' // refused, reset, no answer in time
  | 'garbage' // an answer that is no list, no event, no JSON
  | 'journal' // the journal did not take what was read

export class Failure extends Error {
  readonly reason: FailureCause
  /** Milliseconds that the API server asked to wait. */
  readonly retryAfter: number | undefined

  constructor(reason: FailureCause, message: string, retryAfter?: number) {
    super(message)
    this.reason = reason
    this.retryAfter = retryAfter
  }
}

/** The API server's own way to say what went wrong: as an answer's body, or as the object of an ERROR frame. */
export interface StatusObject {
  code?: number
  message?: string
  reason?: string
  details?: { retryAfterSeconds?: number; causes?: { reason?: string }[] } | null
}

const causes: Readonly<Record<number, FailureCause>> = {
  400: 'bad_request',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  410: 'gone',
  429: 'too_many_requests',
}

/** The failure that a Status object tells of. `retryAfter` is the header of that name: seconds. */
function failureOf(code: number, status: StatusObject, retryAfter?: string): Failure {
  const seconds = status.details?.retryAfterSeconds ?? Number(retryAfter ?? Number.NaN)
  const ahead = status.details?.causes?.some(cause => cause.reason === 'ResourceVersionTooLarge')
  return new Failure(
    ahead ? 'ahead' : (causes[code] ?? 'server_error'),
    status.message ?? `the API server answered ${code}`,
    seconds > 0 ? seconds * 1000 : undefined,
  )
}

/** What the object of an ERROR frame means. */
export function failureInStream(status: StatusObject): Failure {
  const failure = failureOf(status.code ?? 500, status)
  return failure.reason === 'server_error' ? new Failure('stream_error', failure.message, failure.retryAfter) : failure
}

/** Reads an answer that is not 200 to its end, and says what it means. */
export async function failureOfResponse(response: ApiResponse): Promise<Failure> {
  const text = await response.body.text()
  let status: StatusObject = {}
  try {
    status = JSON.parse(text)
  } catch {
    status = { message: `the API server, or what stands before it, answered ${response.status}: ${text.slice(0, 200)}` }
  }
  const header = response.headers['retry-after']
  return failureOf(response.status, status ?? {}, Array.isArray(header) ? header[0] : header)
}

export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error
  if (error instanceof KecError) return new Failure('connection', `${error.message} ${error.fix}`)
  return new Failure('connection', error instanceof Error ? error.message : String(error))
}
