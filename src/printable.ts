/**
 * What a terminal would obey or hide instead of showing: control characters (C0 and C1), marks that turn the direction of writing, and
 * Unicode's own line ends.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is for.
const unprintable = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

function shown(character: string): string {
  return short[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** The text as it may be shown on a terminal, on one line: what would move the cursor or change colours is shown as \n, \u001b and alike. */
export function printable(text: string): string {
  return text.replace(unprintable, shown)
}

/** The same for a text of several lines: each stays a line. */
export function printableLines(text: string): string {
  return text.split(/\r?\n/).map(printable).join('\n')
}

/** The same for JSON, which stays what it says. Its own line breaks stay, too; those in its texts are escaped already. */
export function printableJson(json: string): string {
  return json.replace(unprintable, character => (character === '\n' ? character : shown(character)))
}
