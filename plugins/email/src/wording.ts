import type { Digest, ReasonCount } from './digest.ts'
import type { Words } from './words.ts'

/** Reasons that the subject names. */
const named = 3
/** Sums of reasons that a mail lists; further ones are one line. */
const mostSums = 20

/** The worst and the most: `[prod] 14 Warning events: BackOff (9), FailedScheduling (5)`. `details`: false leaves out all event text. */
export function subjectOf(digest: Digest, words: Words, details = true): string {
  const { cluster, warnings, normals, reasons, replay } = digest
  const what = `[${cluster}] ${replay ? `${words.replay}${words.colon}` : ''}${words.events(warnings, normals)}`
  if (!details) return what
  const shown = reasons.slice(0, named).map(({ reason, count }) => `${reason} (${count})`)
  return `${what}${words.colon}${[...shown, ...(reasons.length > named ? ['…'] : [])].join(words.comma)}`
}

/** What has no row, as lines of a name and a count. */
export function sumsOf(rest: readonly ReasonCount[], words: Words): [name: string, count: number][] {
  const lines = rest.slice(0, mostSums).map(({ reason, count }): [string, number] => [reason, count])
  const others = rest.slice(mostSums)
  if (others.length > 0) lines.push([words.otherReasons(others.length), total(others)])
  return lines
}

export function total(counts: readonly ReasonCount[]): number {
  return counts.reduce((sum, { count }) => sum + count, 0)
}

/** Shows all of them. The reader may paste it into a shell: nothing of an event is in it. */
export const seeAllCommand = 'kec tail --since 24h'
