const milliseconds = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** What to say where a text is none. */
export const aDuration = 'a whole number above 0 and s, m, h or d, such as "90m", "24h" or "7d"'

/** `24h` in milliseconds; undefined for what is no duration. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit] = /^([1-9]\d{0,8})([smhd])$/.exec(text) ?? []
  return unit === undefined ? undefined : Number(amount) * milliseconds[unit as keyof typeof milliseconds] // the pattern's letters
}
