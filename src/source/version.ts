/**
 * Compares two resource versions: negative if a is older, 0 if they are the same. They are decimal numbers of any length, comparable within
 * one resource (KEP-5504).
 */
export function compareVersions(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length
  return a < b ? -1 : a > b ? 1 : 0
}

/** True for what can be the resource version of an event: a decimal number without leading zeros, of at most 24 digits. */
export function isVersion(text: unknown): text is string {
  return typeof text === 'string' && /^[1-9][0-9]{0,23}$/.test(text)
}
