/** Shorter values are no patterns: they would blot out half of a text, and so protect nothing. */
const shortest = 4

/** How a value may stand in a text: as it is, in JSON, in a URL. */
function spellings(value: string): string[] {
  return [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value.toWellFormed())]
}

/** A function that replaces each of the values in a text by `***`. */
export function createMask(values: Iterable<string>): (text: string) => string {
  const patterns = new Set<string>()
  for (const value of values) {
    const trimmed = value.trim()
    if (trimmed.length >= shortest) for (const spelling of spellings(trimmed)) patterns.add(spelling)
  }
  if (patterns.size === 0) return text => text
  // The longest first: one value may be part of another.
  const ordered = [...patterns].sort((a, b) => b.length - a.length)
  const secret = new RegExp(ordered.map(text => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'), 'g')
  return text => text.replace(secret, '***')
}
