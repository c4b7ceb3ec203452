import { isRecord } from './kind.ts'

// For objects that are kept as they came: nothing is known of their shape.

/** What stands at `status.phase` and alike. */
function at(object: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((inner, name) => (isRecord(inner) ? inner[name] : undefined), object)
}

/** '' where there is none. */
export function textAt(object: unknown, path: string): string {
  const found = at(object, path)
  return typeof found === 'string' ? found : ''
}

/** `otherwise`, or 0, where there is none. */
export function numberAt(object: unknown, path: string, otherwise = 0): number {
  const found = at(object, path)
  return typeof found === 'number' ? found : otherwise
}

export const isTrueAt = (object: unknown, path: string): boolean => at(object, path) === true

/** Empty where there is none. */
export function listAt(object: unknown, path: string): readonly unknown[] {
  const found = at(object, path)
  return Array.isArray(found) ? found : []
}

/** Empty where there is none. */
export function recordAt(object: unknown, path: string): Readonly<Record<string, unknown>> {
  const found = at(object, path)
  return isRecord(found) ? found : {}
}

export const isThere = (object: unknown, path: string): boolean => (at(object, path) ?? undefined) !== undefined
