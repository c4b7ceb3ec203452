/** True if the text is what the pattern says. */
export type TextTest = (text: string) => boolean

/** The first place at or after `from` where the segment stands; `?` in it stands for any one character. -1 if nowhere. */
function find(text: string, segment: string, from: number): number {
  if (!segment.includes('?')) return text.indexOf(segment, from)
  for (let start = from; start + segment.length <= text.length; start++) if (standsAt(text, segment, start)) return start
  return -1
}

function standsAt(text: string, segment: string, start: number): boolean {
  if (!segment.includes('?')) return text.startsWith(segment, start)
  if (start + segment.length > text.length) return false
  for (let at = 0; at < segment.length; at++) if (segment[at] !== '?' && segment[at] !== text[start + at]) return false
  return true
}

/**
 * Compiles a pattern in which `*` stands for any text and `?` for one character (one UTF-16 unit). Case counts. No regular expression runs:
 * the text may be hostile, and the time is at most length of the text times length of the pattern, however many stars there are.
 */
export function compileGlob(pattern: string): TextTest {
  if (!/[*?]/.test(pattern)) return text => text === pattern
  if (/^\*+$/.test(pattern)) return () => true
  const [first = '', ...rest] = pattern.split('*')
  const last = rest.pop()
  if (last === undefined) return text => text.length === first.length && standsAt(text, first, 0)
  const middle = rest.filter(segment => segment !== '')
  return text => {
    if (!standsAt(text, first, 0)) return false
    let at = first.length
    for (const segment of middle) {
      const found = find(text, segment, at)
      if (found < 0) return false
      at = found + segment.length // the leftmost place leaves the most text to the rest, so there is nothing to try again
    }
    const end = text.length - last.length
    return end >= at && standsAt(text, last, end)
  }
}
