import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { ENTRY } from '@kec/plugin-api'
import { didYouMean } from '../nearest.ts'
import type { Path, Problem } from './problems.ts'

type Env = Readonly<Record<string, string | undefined>>

/** What a reference stood for, and where. */
interface Resolved {
  readonly path: Path
  readonly value: string
}

export interface References {
  /** The configuration with each reference replaced by what it stands for. */
  readonly value: unknown
  readonly resolved: readonly Resolved[]
  readonly problems: readonly Problem[]
}

const reference = /\$\{(env|file):([^}]*)(\}?)/g

function fromEnv(name: string, env: Env): string | { what: string; fix: string } {
  const value = env[name]
  if (value !== undefined) return value
  return { what: `the environment variable ${name} is not set`, fix: `Set it.${didYouMean(name, Object.keys(env))}` }
}

function fromFile(name: string, folder: string): string | { what: string; fix: string } {
  const file = resolve(folder, name)
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '') // editors end a file with a line end that is no part of the secret
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : String(error)
    const fix = code === 'EACCES' ? 'Let the user that kec runs as read it.' : 'Create the file, or correct the path.'
    const reason = code === 'ENOENT' ? 'does not exist' : code === 'EISDIR' ? 'is a folder' : `cannot be read (${code})`
    return { what: `the file ${file} ${reason}`, fix }
  }
}

/** True for what may be copied key by key: an instance of a class may depend on being itself. */
function isPlain(value: object): value is Record<PropertyKey, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/**
 * Replaces `${env:NAME}` and `${file:/path}` in every string of a configuration, whatever its format, inside the options of plugins too.
 * A relative path starts at `folder`. One line end at the end of a file is left out.
 */
export function resolveReferences(config: unknown, folder: string, env: Env): References {
  const resolved: Resolved[] = []
  const problems: Problem[] = []
  const seen = new Map<object, unknown>()

  function text(value: string, path: Path): string {
    return value.replace(reference, (whole: string, kind: string, name: string, end: string) => {
      if (end === '' || name === '') {
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what the user is to write
        const fix = 'Write ${env:NAME} or ${file:/path}.'
        problems.push({ path, what: `the reference ${whole} is not complete`, fix })
        return whole
      }
      const found = kind === 'env' ? fromEnv(name, env) : fromFile(name, folder)
      if (typeof found === 'string') {
        resolved.push({ path, value: found })
        return found
      }
      problems.push({ path, ...found })
      return whole
    })
  }

  function walk(value: unknown, path: Path): unknown {
    if (typeof value === 'string') return text(value, path)
    if (typeof value !== 'object' || value === null) return value
    const before = seen.get(value)
    if (before !== undefined) return before
    if (Array.isArray(value)) {
      const copy: unknown[] = []
      seen.set(value, copy)
      for (const [index, item] of value.entries()) copy.push(walk(item, [...path, index]))
      return copy
    }
    if (!isPlain(value)) return value
    const copy: Record<PropertyKey, unknown> = {}
    seen.set(value, copy)
    for (const key of Reflect.ownKeys(value)) {
      // The plugin of an entry is its author's code, not configuration.
      const inner = ENTRY in value && key === 'plugin' ? value[key] : walk(value[key], [...path, key])
      Object.defineProperty(copy, key, { value: inner, enumerable: true, writable: true, configurable: true }) // `__proto__` is a key like any other
    }
    return copy
  }

  return { value: walk(config, []), resolved, problems }
}
