// What kec made of what the oracle wrote and the witness saw.
import assert from 'node:assert/strict'
import { imbalances } from '../../scrape.ts'
import { waitFor } from '../../wait-for.ts'
import type { Kec, Line } from './kec.ts'
import type { Oracle } from './oracle.ts'
import type { Witness } from './witness.ts'

export const keyOf = (line: Pick<Line, 'uid' | 'resource_version'>): string => `${line.uid}/${line.resource_version}`

/** Of the oracle's events, everything that the witness saw is in the log, `repeats` aside exactly once. */
export function assertSame(lines: readonly Line[], witness: Witness, oracle: Oracle, repeats = 0): void {
  const uids = uidsOf(oracle)
  const logged = lines.filter(({ uid }) => uids.has(uid)).map(keyOf)
  const puts = witness.puts().filter(({ uid }) => uids.has(uid ?? ''))
  const seen = puts.map(({ uid, resourceVersion }) => `${uid}/${resourceVersion}`)
  assert.deepEqual(new Set(logged), new Set(seen))
  assert.ok(logged.length - seen.length <= repeats, `${logged.length - seen.length} lines are repeated`)
}

/** The API server may write an event of its own, at its start above all: it is not among these. */
function uidsOf(...oracles: readonly Oracle[]): ReadonlySet<string> {
  return new Set(oracles.flatMap(({ acknowledged }) => acknowledged.map(({ uid }) => uid)))
}

/** The counters say what the oracles did, series by series. */
export async function assertCounted(kec: Kec, ...oracles: readonly Oracle[]): Promise<void> {
  const expected = new Map<string, number>()
  const events = oracles.flatMap(oracle => oracle.events)
  for (const { type, reason, kind, namespace, versions } of events) {
    const series = JSON.stringify({ type, reason, kind, namespace })
    expected.set(series, (expected.get(series) ?? 0) + (versions.at(-1)?.count ?? 0))
  }
  const reasons = new Set(events.map(({ reason }) => reason))
  const samples = (await kec.metric('kec_events_total')).filter(({ labels }) => reasons.has(labels.reason ?? ''))
  const counted = new Map(
    samples.map(({ labels: { type, reason, kind, namespace }, value }) => [JSON.stringify({ type, reason, kind, namespace }), value]),
  )
  assert.deepEqual(new Map([...counted].sort()), new Map([...expected].sort()))
}

/** Promise 4, as a scrape shows it. */
export async function assertBalanced(kec: Kec): Promise<void> {
  assert.deepEqual(imbalances(await kec.scrape()), [])
}

/** What the log says of the oracles' events, each version once. */
export function occurrencesIn(lines: readonly Line[], ...oracles: readonly Oracle[]): number {
  const uids = uidsOf(...oracles)
  const versions = new Map(lines.filter(({ uid }) => uids.has(uid)).map(line => [keyOf(line), line.occurrences]))
  return [...versions.values()].reduce((sum, occurrences) => sum + occurrences, 0)
}

/** What is logged once the last version of each event is, and nothing is pending. */
export function lastOfEach(kec: Kec, ...oracles: readonly Oracle[]): Promise<readonly Line[]> {
  return loggedOnce(
    kec,
    'the last version of each',
    oracles.flatMap(({ last }) => last),
  )
}

/** What is logged once every version is, and nothing is pending. */
export function allOf(kec: Kec, oracle: Oracle): Promise<readonly Line[]> {
  return loggedOnce(kec, 'every version', oracle.acknowledged)
}

async function loggedOnce(
  kec: Kec,
  what: string,
  wanted: readonly { readonly uid: string; readonly resourceVersion: string }[],
): Promise<readonly Line[]> {
  const keys = wanted.map(({ uid, resourceVersion }) => `${uid}/${resourceVersion}`)
  await waitFor(
    what,
    () => {
      const logged = new Set(kec.lines().map(keyOf))
      return keys.every(key => logged.has(key))
    },
    120_000,
  )
  return kec.logged(0)
}
