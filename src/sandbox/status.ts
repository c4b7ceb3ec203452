/** Why an API server refuses, in its own words. */
export interface Status {
  readonly kind: 'Status'
  readonly apiVersion: 'v1'
  readonly metadata: { readonly continue?: string }
  readonly status: 'Failure'
  readonly message: string
  readonly reason?: string
  readonly details?: Readonly<Record<string, unknown>>
  readonly code: number
}

/** A mistake in one field of an object. */
export interface Cause {
  readonly reason: 'FieldValueRequired' | 'FieldValueInvalid' | 'FieldValueForbidden' | 'FieldValueNotSupported'
  readonly message: string
  readonly field: string
}

export const required = (field: string, message = ''): Cause => ({
  reason: 'FieldValueRequired',
  message: `Required value${message && `: ${message}`}`,
  field,
})

export const wrong = (field: string, value: unknown, why: string): Cause => ({
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${JSON.stringify(value)}: ${why}`,
  field,
})

export interface ResourceName {
  readonly group: string
  readonly resource: string
}

interface More {
  readonly details?: Readonly<Record<string, unknown>>
  readonly continue?: string
}

/** Thrown wherever a request is refused; becomes the answer. */
export class ApiError extends Error {
  readonly status: Status
  readonly headers: Readonly<Record<string, string>>

  constructor(code: number, reason: string | undefined, message: string, more: More = {}, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.status = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: more.continue === undefined ? {} : { continue: more.continue },
      status: 'Failure',
      message,
      ...(reason !== undefined && { reason }),
      ...(more.details && { details: more.details }),
      code,
    }
    this.headers = headers
  }
}

/** A body that is not of the kind it should be: 400, or part of a 422 where a patch made it so. */
export class Undecodable extends ApiError {
  constructor(message: string) {
    super(400, 'BadRequest', message)
  }
}

const qualified = ({ group, resource }: ResourceName): string => (group ? `${resource}.${group}` : resource)

const details = ({ group, resource }: ResourceName, name: string) => ({
  ...(name && { name }),
  ...(group && { group }),
  kind: resource,
})

export const badRequest = (message: string): ApiError => new ApiError(400, 'BadRequest', message)

export const unauthorized = (): ApiError => new ApiError(401, 'Unauthorized', 'Unauthorized')

export const notFound = (resource: ResourceName, name: string): ApiError =>
  new ApiError(404, 'NotFound', `${qualified(resource)} "${name}" not found`, { details: details(resource, name) })

export const noSuchPath = (): ApiError => new ApiError(404, 'NotFound', 'the server could not find the requested resource', { details: {} })

export const methodNotAllowed = (): ApiError =>
  new ApiError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', { details: {} })

export const alreadyExists = (resource: ResourceName, name: string): ApiError =>
  new ApiError(409, 'AlreadyExists', `${qualified(resource)} "${name}" already exists`, { details: details(resource, name) })

export const conflict = (resource: ResourceName, name: string, why: string): ApiError =>
  new ApiError(409, 'Conflict', `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`, {
    details: details(resource, name),
  })

/** `kind` names what is wrong: Event, or ListOptions.meta.k8s.io. */
export function invalid(kind: string, name: string, causes: readonly Cause[]): ApiError {
  const lines = [...new Set(causes.map(({ field, message }) => `${field}: ${message}`))]
  const message = `${kind} "${name}" is invalid: ${lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`}`
  const [bare = '', ...group] = kind.split('.')
  return new ApiError(422, 'Invalid', message, {
    details: { ...(name && { name }), ...(group.length > 0 && { group: group.join('.') }), ...(bare && { kind: bare }), causes },
  })
}

export function forbidden(user: string, verb: string, resource: ResourceName, namespace: string, name: string): ApiError {
  const where = namespace ? `in the namespace "${namespace}"` : 'at the cluster scope'
  const what = name ? `${qualified(resource)} "${name}"` : qualified(resource)
  const message = `${what} is forbidden: User "${user}" cannot ${verb} resource "${resource.resource}" in API group "${resource.group}" ${where}`
  return new ApiError(403, 'Forbidden', message, { details: details(resource, name) })
}

export function undeletable(resource: ResourceName, name: string): ApiError {
  const message = `${qualified(resource)} "${name}" is forbidden: this namespace may not be deleted`
  return new ApiError(403, 'Forbidden', message, { details: details(resource, name) })
}

export const expired = (message: string, token?: string): ApiError =>
  new ApiError(410, 'Expired', message, token === undefined ? {} : { continue: token })

export function tooLarge(asked: bigint, head: bigint): ApiError {
  return new ApiError(504, 'Timeout', `Timeout: Too large resource version: ${asked}, current: ${head}`, {
    details: { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }] },
  })
}

export const internalError = (message: string): ApiError =>
  new ApiError(500, 'InternalError', `Internal error occurred: ${message}`, { details: { causes: [{ message }] } })
