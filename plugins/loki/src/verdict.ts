import type { Answer } from './client.ts'

/** What an answer means for what was pushed. */
export type Verdict =
  | { readonly is: 'taken' }
  /** Less at a time may pass. */
  | { readonly is: 'too large'; readonly why: string }
  /** Some of it, or all, will never be taken; what is not to blame may be stored already. */
  | Refusal
  /** All of it must come again, not before `wait` ms; `wait` undefined: as soon as kec likes. */
  | { readonly is: 'failed'; readonly why: string; readonly wait: number | undefined }

export interface Refusal {
  readonly is: 'refused'
  readonly why: string
  /** What it says of events, such as `timestamp too old`; undefined if it may be about the configuration, here or in Loki. */
  readonly words: string | undefined
  /** What is older is refused too: nanoseconds. */
  readonly oldest: bigint | undefined
  /** `oldest` holds for every stream, not for each its own. */
  readonly isForAll: boolean
}

/** After answers that only a person can change. */
const longPause = 60_000
const longestPause = 600_000

/** Loki's words for entries that it will never take (its pkg/validation and pkg/chunkenc). */
const aboutEvents =
  /timestamp too (?:old|new)|too far behind|out of order|max entry size|structured metadata too (?:large|many)|line too long/i

/** Loki says it as 413, gRPC between Loki's parts as 500. */
const largerThanAllowed = /larger than max|request body too large|message too large|entity too large/i

/** `where`: what to call the server, without secrets. */
export function judge({ status, text, headers }: Answer, where: string): Verdict {
  const said = shown(text)
  const why = `${where} answers ${status}${said && `: ${said}`}`
  const isPage = /text\/html/i.test(String(headers['content-type'] ?? ''))
  if (status === 204 || (status === 200 && !isPage)) return { is: 'taken' }
  if (status === 413 || (status >= 400 && status !== 429 && largerThanAllowed.test(text))) return { is: 'too large', why }
  if (status === 400 || status === 422) return refusal(text, why)
  const asked = pauseOf(headers['retry-after'])
  if (status === 429 || status >= 500) return { is: 'failed', why, wait: asked }
  return { is: 'failed', why: `${why}. ${remedyFor(status, headers)}`, wait: asked ?? longPause }
}

function refusal(text: string, why: string): Refusal {
  // Several streams, or entries, may have several limits: the earliest is certain.
  const limits = [...text.matchAll(/oldest acceptable timestamp is: (\d{4}-[\d-]+[T ][\d:.]+Z)/g)].map(([, time = '']) => Date.parse(time))
  const oldest = Math.min(...limits.filter(Number.isFinite))
  return {
    is: 'refused',
    why,
    words: aboutEvents.exec(text)?.[0],
    oldest: Number.isFinite(oldest) ? BigInt(oldest) * 1_000_000n : undefined,
    isForAll: /timestamp too old/i.test(text) && !/too far behind/i.test(text),
  }
}

function remedyFor(status: number, headers: Answer['headers']): string {
  if (status === 401) return 'Give `basic` or `bearer`, or `tenant`, as this Loki wants them.'
  if (status === 403) return 'These credentials may not push: give others, or the right to write logs.'
  if (status === 404 || status === 405) return 'There is no push API at this address: mend `url`.'
  if (status >= 300 && status < 400) return `It points to ${shown(String(headers.location ?? 'nowhere'))}: give that as \`url\`.`
  if (status === 200) return 'This is a web page, not Loki: mend `url`.'
  if (status === 260) return "Loki's limits block this tenant's ingestion."
  return 'Look at `url`, and at what stands before Loki.'
}

/** ms of a Retry-After, which is seconds or a date; never longer than 10 min. */
function pauseOf(header: string | string[] | undefined): number | undefined {
  const value = String(header ?? '').trim()
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now()
  return Number.isFinite(ms) && ms > 0 ? Math.min(ms, longestPause) : undefined
}

/** On one line, without what a terminal obeys, and not long. */
function shown(text: string): string {
  const line = text.replace(/[\p{Cc}\u2028-\u202e\u2066-\u2069]+/gu, ' ').trim()
  return line.length > 400 ? `${line.slice(0, 400)}…` : line
}
