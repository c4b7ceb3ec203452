const units = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 }

/** What to say where a text is none. */
export const someBytes = 'a whole number of bytes, or one with KiB, MiB, GiB or TiB, such as "500MiB" or "1GiB"'

/** `500MiB` in bytes; undefined for what says no number of bytes. `Mi` and `MiB` are the same. */
export function parseBytes(text: string): number | undefined {
  const [, amount, unit = ''] = /^(\d{1,15})(?:([KMGT])iB?)?$/.exec(text) ?? []
  return amount === undefined ? undefined : Number(amount) * units[unit as keyof typeof units] // the pattern's letters
}
