import type { Kind } from './kind.ts'
import type { Stored } from './object.ts'
import { parseFieldSelector, parseLabelSelector } from './selectors.ts'
import { ApiError, badRequest, type Cause, invalid } from './status.ts'

/** The query of a list or watch. */
export interface ListOptions {
  readonly limit: number
  readonly continue: string
  /** '' for none. */
  readonly resourceVersion: string
  readonly match: string
  readonly timeoutSeconds: number | undefined
  readonly allowBookmarks: boolean
  readonly selects: boolean
  readonly matches: (object: Stored) => boolean
}

/** Throws ApiError 400 and 422 for what the API server would refuse. */
export function listOptions(query: URLSearchParams, kind: Kind, isWatch: boolean): ListOptions {
  const integer = (name: string): number | undefined => {
    const text = query.get(name)
    if (text === null) return undefined
    const isNumber = /^[+-]?\d+$/.test(text)
    if (isNumber && BigInt.asIntN(64, BigInt(text)) === BigInt(text)) return Number(text)
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: ${isNumber ? 'value out of range' : 'invalid syntax'}`)
  }
  const limit = Math.max(0, integer('limit') ?? 0)
  const timeoutSeconds = integer('timeoutSeconds')
  const fieldSelector = query.get('fieldSelector') ?? ''
  const labelSelector = query.get('labelSelector') ?? ''
  const resourceVersion = query.get('resourceVersion') ?? ''
  const match = query.get('resourceVersionMatch') ?? ''
  const token = query.get('continue') ?? ''
  const causes = isWatch ? watchCauses(query, match, token) : listCauses(resourceVersion, match, token)
  if (causes.length > 0) throw invalid('ListOptions.meta.k8s.io', '', causes)
  const fieldsMatch = parseFieldSelector(fieldSelector, kind.fields)
  const labelsMatch = parseLabelSelector(labelSelector)
  return {
    limit,
    continue: token,
    resourceVersion,
    match,
    timeoutSeconds,
    allowBookmarks: ['1', 'true'].includes(query.get('allowWatchBookmarks') ?? ''),
    selects: fieldSelector !== '' || labelSelector !== '',
    matches: object => fieldsMatch(object) && labelsMatch(object.metadata.labels ?? {}),
  }
}

const forbidden = (why: string): Cause => ({
  reason: 'FieldValueForbidden',
  message: `Forbidden: ${why}`,
  field: 'resourceVersionMatch',
})

function listCauses(resourceVersion: string, match: string, token: string): Cause[] {
  if (match === '') return []
  if (token) return [forbidden('resourceVersionMatch is forbidden when continue is provided')]
  const causes: Cause[] = []
  if (!resourceVersion) causes.push(forbidden('resourceVersionMatch is forbidden unless resourceVersion is provided'))
  if (match === 'Exact' && resourceVersion === '0') {
    causes.push(forbidden('resourceVersionMatch "exact" is forbidden for resourceVersion "0"'))
  }
  if (match !== 'Exact' && match !== 'NotOlderThan') {
    const message = `Unsupported value: ${JSON.stringify(match)}: supported values: "Exact", "NotOlderThan", ""`
    causes.push({ reason: 'FieldValueNotSupported', message, field: 'resourceVersionMatch' })
  }
  return causes
}

function watchCauses(query: URLSearchParams, match: string, token: string): Cause[] {
  // As servers before the WatchList feature answer: clients then fall back to list and watch.
  if (query.has('sendInitialEvents')) {
    const message = 'Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled'
    return [{ reason: 'FieldValueForbidden', message, field: 'sendInitialEvents' }]
  }
  if (token) return [forbidden('resourceVersionMatch is forbidden when continue is provided')]
  if (match === '') return []
  const message = `Unsupported value: ${JSON.stringify(match)}: supported values: "NotOlderThan"`
  const unsupported: Cause = { reason: 'FieldValueNotSupported', message, field: 'resourceVersionMatch' }
  return [
    forbidden('resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'),
    ...(match === 'NotOlderThan' ? [] : [unsupported]),
  ]
}

/** '' and '0' are 0. */
export function parseListVersion(text: string): bigint {
  const mistake = versionMistake(text)
  if (mistake !== undefined) throw badRequest(`invalid resource version: ${mistake}`)
  return BigInt(text)
}

/** The API server answers 500 here, and 400 for the same mistake in a list. */
export function parseWatchVersion(text: string): bigint {
  const mistake = versionMistake(text)
  if (mistake !== undefined) throw new ApiError(500, undefined, mistake)
  return BigInt(text)
}

function versionMistake(text: string): string | undefined {
  const isNumber = /^\d*$/.test(text)
  if (isNumber && BigInt(text) < 2n ** 64n) return undefined
  const quoted = JSON.stringify(text)
  const why = isNumber ? 'value out of range' : 'invalid syntax'
  return `resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: ${why}`
}
