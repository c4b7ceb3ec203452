/** Shorter values are no patterns: they would blot out half of a text, and so protect nothing. */
const shortest = 4

/** How a value may stand in a text: as it is, in JSON, in a URL, in a login that is sent as base64, behind whatever stands there before it. */
function spellings(value: string): string[] {
  return [
    value,
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value.toWellFormed()),
    ...[0, 1, 2].map(before => base64(value, before)),
  ]
}

/** The characters that the value alone decides, when so many bytes stand before it, beside whole groups of three. */
function base64(value: string, before: number): string {
  const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(value)])
  return bytes.toString('base64').slice(Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6))
}

/** A function that replaces each of the values in a text by `***`. */
export function createMask(values: Iterable<string>): (text: string) => string {
  const patterns = new Set<string>()
  for (const value of values) {
    const trimmed = value.trim()
    if (trimmed.length >= shortest) for (const spelling of spellings(trimmed)) patterns.add(spelling)
  }
  // The longest first: one value may be part of another. Not one regular expression: a file of CAs would be too large for it.
  const ordered = [...patterns].sort((a, b) => b.length - a.length)
  return text => ordered.reduce((masked, pattern) => masked.replaceAll(pattern, '***'), text)
}
