import type { StandardSchemaV1 } from '@standard-schema/spec'
import { nearest } from '../nearest.ts'
import type { Path, Problem } from './problems.ts'

type Issue = StandardSchemaV1.Issue

/** What zod's issues hold beyond the standard; other libraries' may not. */
interface ZodIssue extends Issue {
  readonly code?: string
  readonly keys?: readonly string[]
  readonly values?: readonly unknown[]
  readonly errors?: readonly (readonly Issue[])[]
}

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
}

/** The schema as JSON Schema, for those that can say it. Only "did you mean" is built on it. */
function jsonSchemaOf(schema: StandardSchemaV1): JsonSchema {
  const standard: unknown = schema['~standard']
  try {
    // Part of Standard JSON Schema, which not every library knows: a missing method throws as well.
    const { jsonSchema } = standard as { jsonSchema: { input(options: { target: string }): JsonSchema } }
    return jsonSchema.input({ target: 'draft-2020-12' })
  } catch {
    return {}
  }
}

/** The keys that may stand at this place. */
function keysAt(schema: JsonSchema, path: Path): string[] {
  const branches = [schema, ...(schema.anyOf ?? [])]
  const [key, ...rest] = path
  if (key === undefined) return branches.flatMap(branch => Object.keys(branch.properties ?? {}))
  return branches.flatMap(branch => {
    const inner = typeof key === 'number' ? branch.items : branch.properties?.[String(key)]
    return inner === undefined ? [] : keysAt(inner, rest)
  })
}

function valueAt(value: unknown, path: Path): unknown {
  let at = value
  for (const key of path) {
    if (typeof at !== 'object' || at === null) return undefined
    at = (at as Record<PropertyKey, unknown>)[key] // any object may be asked for any key
  }
  return at
}

function keysOf(issue: Issue): Path {
  return (issue.path ?? []).map(segment => (typeof segment === 'object' ? segment.key : segment))
}

/** Of a union, the issues of the branch that was meant: the one that took the value's type. Else the issue of the union itself. */
function flatten(issue: ZodIssue): ZodIssue[] {
  if (issue.code !== 'invalid_union' || issue.errors === undefined) return [issue]
  const meant = issue.errors.filter(branch => branch.some(inner => (inner.path ?? []).length > 0 || !('expected' in inner)))
  const [branch] = meant
  if (branch === undefined || meant.length > 1) return [issue]
  return branch.flatMap(inner => flatten({ ...inner, path: [...(issue.path ?? []), ...(inner.path ?? [])] }))
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'missing'
  if (Array.isArray(value)) return 'a list'
  return kindNames[typeof value] ?? `a ${typeof value}`
}

const kindNames: Readonly<Record<string, string>> = { string: 'a text', object: 'an object', array: 'a list', record: 'an object' }

/** zod's own words for a wrong type, in ours; what a schema's author wrote stays. */
function wanted(message: string): string {
  return message.replace(/^Invalid input: expected (\w+), received .+$/, (_, kind: string) => `must be ${kindNames[kind] ?? `a ${kind}`}`)
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.$/, '')}.`

function unknownKey(key: string, known: readonly string[], path: Path): Problem {
  const meant = nearest(key, known)
  const list = known.length === 0 ? 'Remove it.' : `Known here: ${known.join(', ')}.`
  const fix = meant === undefined ? list : `Did you mean ${meant}?`
  return { path: [...path, key], what: 'unknown key', fix }
}

/**
 * What a schema found, as problems.
 * @param at where `input` stands in the configuration
 */
export function problemsOf(issues: readonly Issue[], schema: StandardSchemaV1, input: unknown, at: Path): Problem[] {
  const json = jsonSchemaOf(schema)
  return issues.flatMap(flatten).flatMap((issue): Problem[] => {
    const inner = keysOf(issue)
    const path = [...at, ...inner]
    if (issue.code === 'unrecognized_keys' && issue.keys) {
      const known = keysAt(json, inner)
      return issue.keys.map(key => unknownKey(key, known, path))
    }
    const value = valueAt(input, inner)
    if (issue.code === 'invalid_type' || issue.code === 'invalid_union') {
      if (value === null) return [{ path, what: 'is empty (null)', fix: 'Give it a value, or remove the key.' }]
      return [{ path, what: `is ${kindOf(value)}`, fix: sentence(wanted(issue.message)) }]
    }
    if (issue.code === 'invalid_value' && typeof value === 'string') {
      const meant = nearest(value, (issue.values ?? []).map(String))
      return [{ path, what: `is "${value}"`, fix: `${sentence(issue.message)}${meant === undefined ? '' : ` Did you mean ${meant}?`}` }]
    }
    const [, what, fix] = /^((?:is|looks|names) .+); (.+)$/.exec(issue.message) ?? [] // so kec's own schema says both at once
    return [{ path, what: what ?? 'is not valid', fix: sentence(fix ?? issue.message) }]
  })
}
