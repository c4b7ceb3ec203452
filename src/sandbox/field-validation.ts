import type { Fields } from './fields.ts'
import { isRecord, type Kind } from './kind.ts'
import { invalid, Undecodable } from './status.ts'

const modes = ['', 'Ignore', 'Strict', 'Warn']

/** What a client wants done about fields that are none. Throws ApiError 422 for a word that is not known. */
function modeOf(query: URLSearchParams, options: string): string {
  const asked = query.get('fieldValidation') ?? ''
  if (modes.includes(asked)) return asked || 'Warn'
  const message = `Unsupported value: ${JSON.stringify(asked)}: supported values: ${modes.map(mode => JSON.stringify(mode)).join(', ')}`
  throw invalid(`${options}.meta.k8s.io`, '', [{ reason: 'FieldValueNotSupported', message, field: 'fieldValidation' }])
}

export interface Checked {
  /** As a client is to read them. */
  readonly warnings: readonly string[]
  /** Why the object is refused, if it is. */
  readonly refusal: string | undefined
}

/** Looks for fields that are none. `options` names the options of the request: CreateOptions. Throws ApiError 422. */
export function checkFields(kind: Kind, body: object, query: URLSearchParams, options: string): Checked {
  const mode = modeOf(query, options)
  const warnings = mode === 'Ignore' ? [] : unknownFields(body, kind.known).map(path => `unknown field "${path}"`)
  if (mode !== 'Strict' || warnings.length === 0) return { warnings, refusal: undefined }
  return { warnings: [], refusal: `strict decoding error: ${warnings.join(', ')}` }
}

/** The same for a whole object that a client sent; answers the warnings. Throws ApiError 400 and 422. */
export function checkObject(kind: Kind, body: object, query: URLSearchParams, options: string): readonly string[] {
  const { warnings, refusal } = checkFields(kind, body, query, options)
  if (refusal === undefined) return warnings
  throw new Undecodable(`${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: ${refusal}`)
}

function unknownFields(value: unknown, known: Fields, path = ''): string[] {
  if (!isRecord(value)) return []
  return Object.entries(value).flatMap(([name, inner]) => {
    const at = `${path}${name}`
    const below = Object.hasOwn(known, name) ? known[name] : undefined
    if (below === undefined) return [at]
    if (below === true) return []
    if (!isList(below)) return unknownFields(inner, below, `${at}.`)
    return Array.isArray(inner) ? inner.flatMap((item, i) => unknownFields(item, below[0], `${at}[${i}].`)) : []
  })
}

const isList = (fields: Fields | readonly [Fields]): fields is readonly [Fields] => Array.isArray(fields)
