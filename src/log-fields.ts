/** Longer texts are cut: a log line is no place for an event of a megabyte. */
const longest = 10_000

/** The keys that each line has already; a field of that name gets a `_` behind it. */
const taken = new Set(['level', 'timestamp', 'message'])

type Mask = (text: string) => string

/** The text without secrets, and not too long. */
export function plainText(value: string, mask: Mask): string {
  const masked = mask(value)
  return masked.length <= longest ? masked : `${masked.slice(0, longest)}… (${masked.length - longest} more)`
}

function errorFields(error: Error): Record<string, unknown> {
  const { name, message, stack, cause } = error
  return { name, message, ...('code' in error && { code: error.code }), ...(cause !== undefined && { cause }), stack }
}

/** The value without secrets, functions and depth. Errors become objects. */
function simple(value: unknown, mask: Mask, depth: number): unknown {
  if (typeof value === 'string') return plainText(value, mask)
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth === 0) return '…'
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
  if (Array.isArray(value)) return value.slice(0, 100).map(each => simple(each, mask, depth - 1))
  const entries = Object.entries(value instanceof Error ? errorFields(value) : value).slice(0, 100)
  return Object.fromEntries(entries.map(([key, each]) => [plainText(key, mask), simple(each, mask, depth - 1)]))
}

/** The fields of a log line as they may be written. They come from plugins too: whatever they are, this does not throw. */
export function plain(fields: unknown, mask: Mask): Record<string, unknown> {
  if (fields === undefined) return {}
  try {
    const named = fields instanceof Error || typeof fields !== 'object' || fields === null ? { value: fields } : fields
    const safe = Object.entries(named).map(([key, value]) => [taken.has(key) ? `${key}_` : plainText(key, mask), simple(value, mask, 5)])
    return Object.fromEntries(safe)
  } catch {
    return { fields: 'cannot be read' } // a getter of theirs threw
  }
}
