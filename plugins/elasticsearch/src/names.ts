/** Elasticsearch's rules for the names of indices and data streams. */
const bad = /[\p{Lu}\\/*?"<>|,#:\s\p{C}]/u

export function isIndexName(name: string): boolean {
  return !bad.test(name) && !/^[-_+.]/.test(name) && Buffer.byteLength(name) <= 200
}

const date = /\{([^{}]*)\}/

/** An index name, or one with a date in it: `{yyyy}`, `{yyyy.MM}` or `{yyyy.MM.dd}`; `-` may stand for `.`. */
export function isIndexPattern(pattern: string): boolean {
  const [, format] = date.exec(pattern) ?? []
  if (format !== undefined && !/^yyyy([.-]MM([.-]dd)?)?$/.test(format)) return false
  const plain = pattern.replace(date, '2026')
  return isIndexName(plain) && !/[{}]/.test(plain)
}

/** `kec-events-` and the cluster's name, as far as Elasticsearch takes it. */
export function streamOf(cluster: string): string {
  const name = cluster.toLowerCase().replaceAll(new RegExp(bad, 'gu'), '-')
  return Buffer.from(`kec-events-${name}`)
    .subarray(0, 100)
    .toString()
    .replace(/\uFFFD+$/, '')
}

const day = 86_400_000

/**
 * Which index an event belongs into, by its own time: when it comes again, into the same. A time that is far from now is taken for now: who
 * may create events must not be able to make an index for each day of history.
 */
export function indexOf(pattern: string, time: string, now: number = Date.now()): string {
  return pattern.replace(date, (_, format: string) => {
    const parsed = Date.parse(time)
    const isNear = parsed > now - 32 * day && parsed < now + day
    const [yyyy = '', MM = '', dd = ''] = new Date(isNear ? parsed : now).toISOString().slice(0, 10).split('-')
    return format.replace('yyyy', yyyy).replace('MM', MM).replace('dd', dd)
  })
}

/** The pattern of all names that `indexOf` makes of it, and of as few others as Elasticsearch's patterns can say. */
export const wildcardOf = (pattern: string): string =>
  pattern.replace(date, (_, format: string) => format.replace('yyyy', '2*').replace('MM', '*').replace('dd', '*'))

/** What a template for it is called. */
export const templateNameOf = (pattern: string): string => pattern.replace(date, 'date')
