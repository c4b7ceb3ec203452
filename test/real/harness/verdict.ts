// What kec made of what the oracle wrote and the witness saw.
import assert from 'node:assert/strict'
import { imbalances } from '../../scrape.ts'
import { waitFor } from '../../wait-for.ts'
import type { Kec, Line } from './kec.ts'
import type { Oracle } from './oracle.ts'
import type { Witness } from './witness.ts'

export const keyOf = (line: Pick<Line, 'uid' | 'resource_version'>): string => `${line.uid}/${line.resource_version}`

/** Everything that the witness saw is in the log, `repeats` aside exactly once. */
export function assertSame(lines: readonly Line[], witness: Witness, repeats = 0): void {
  const logged = lines.map(keyOf)
  const seen = witness.puts().map(({ uid, resourceVersion }) => `${uid}/${resourceVersion}`)
  assert.deepEqual(new Set(logged), new Set(seen))
  assert.ok(logged.length - seen.length <= repeats, `${logged.length - seen.length} lines are repeated`)
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

/** What the log says of the oracles' events, each version once. The API server may write an event of its own: it is not among these. */
export function occurrencesIn(lines: readonly Line[], ...oracles: readonly Oracle[]): number {
  const uids = new Set(oracles.flatMap(({ acknowledged }) => acknowledged.map(({ uid }) => uid)))
  const versions = new Map(lines.filter(({ uid }) => uids.has(uid)).map(line => [keyOf(line), line.occurrences]))
  return [...versions.values()].reduce((sum, occurrences) => sum + occurrences, 0)
}

/** What is logged once the last version of each event is, and nothing is pending. */
export async function lastOfEach(kec: Kec, ...oracles: readonly Oracle[]): Promise<readonly Line[]> {
  const wanted = oracles.flatMap(({ last }) => last.map(({ uid, resourceVersion }) => `${uid}/${resourceVersion}`))
  let lines: readonly Line[] = []
  await waitFor('the last version of each', () => {
    lines = kec.lines()
    const logged = new Set(lines.map(keyOf))
    return wanted.every(key => logged.has(key))
  })
  await kec.logged(0)
  return lines
}
