// kill -9 of `kec start` at random moments, on a real API server under load. An oracle knows what was acknowledged, etcd is the witness.
// KEC_TEST_KILLS=100 makes it a hundred.
import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { test } from 'node:test'
import { waitFor } from '../wait-for.ts'
import { missing } from './harness/assets.ts'
import { RealCluster } from './harness/cluster.ts'
import { Kec, type Line } from './harness/kec.ts'
import { Oracle } from './harness/oracle.ts'
import { Scrapes } from './harness/scrapes.ts'
import { assertCounted, keyOf, lastOfEach, occurrencesIn } from './harness/verdict.ts'

const kills = Number(process.env.KEC_TEST_KILLS ?? 10)
const rate = 500
/** What the log plugin has in flight at most. */
const maxBatch = 2_000

const options = { skip: missing('kube-apiserver', 'etcd', 'openssl'), timeout: 120_000 + kills * 10_000 }

/** How many lines came again after each kill. They must be the last ones before it, in their order: the batch in flight. */
function repeatsAfter(ends: readonly number[], keys: readonly string[]): number[] {
  const seen = new Set<string>()
  return [0, ...ends].map((from, run) => {
    const own = keys.slice(from, ends[run] ?? keys.length)
    const repeats = own.filter(key => seen.has(key)).length
    assert.deepEqual(own.slice(0, repeats), keys.slice(from - repeats, from), `after kill ${run}`)
    for (const key of own) seen.add(key)
    return repeats
  })
}

/** Repeats aside, the versions of an event come in their order. */
function assertInOrder(lines: readonly Line[]): void {
  const newest = new Map<string, bigint>()
  const seen = new Set<string>()
  for (const line of lines) {
    if (seen.has(keyOf(line))) continue
    seen.add(keyOf(line))
    const version = BigInt(line.resource_version)
    assert.ok(version > (newest.get(line.uid) ?? 0n), `${line.id} is out of order`)
    newest.set(line.uid, version)
  }
}

test(`kill -9 at ${kills} random moments under ${rate} events/s: nothing is lost, all is counted`, options, async t => {
  await using cluster = await RealCluster.start()
  const witness = await cluster.witness()
  const folder = join(cluster.folder, 'kec')
  const kubeconfig = cluster.kubeconfig()
  await using scrapes = new Scrapes()
  const oracle = new Oracle(cluster)
  const enough = new AbortController()
  /** The number of lines at each kill. */
  const ends: number[] = []
  let killedUnready = 0

  let kec = await Kec.start(folder, kubeconfig)
  scrapes.follow(kec)
  await kec.ready()
  const began = Date.now()
  const writing = oracle.run({ writes: Number.POSITIVE_INFINITY, creates: 0.7, rate, signal: enough.signal })
  try {
    while (ends.length < kills) {
      // Every other kill may hit a kec that starts.
      if (ends.length % 2 === 0) await kec.ready()
      const moment = oracle.written + randomInt(50, 2_000)
      await waitFor('the moment', () => oracle.written >= moment)
      if (!(await fetch(`${kec.url}/readyz`).catch(() => undefined))?.ok) killedUnready++
      await kec.stop('SIGKILL')
      ends.push(kec.lines().length)
      kec = await Kec.start(folder, kubeconfig)
      scrapes.follow(kec)
    }
    enough.abort()
    await writing
    const seconds = (Date.now() - began) / 1000
    await kec.ready()
    const lines = await lastOfEach(kec, oracle)
    await witness.reached(oracle.last.reduce((max, { resourceVersion: v }) => (BigInt(v) > BigInt(max) ? v : max), '0'))

    const keys = lines.map(keyOf)
    const logged = new Set(keys)
    const lost = [...witness.lastPuts().values()].filter(({ uid, resourceVersion }) => !logged.has(`${uid}/${resourceVersion}`))
    const unseen = witness.puts().length - logged.size
    const repeats = repeatsAfter(ends, keys)
    t.diagnostic(
      `${kills} kills (${killedUnready} before kec was ready), ${oracle.written} writes of ${oracle.events.length} events at ${Math.round(oracle.written / seconds)}/s`,
    )
    t.diagnostic(`last versions missing: ${lost.length}; versions overwritten before kec could see them: ${unseen}`)
    t.diagnostic(`occurrences: ${occurrencesIn(lines, oracle)} in the log, ${oracle.occurrences} written`)
    t.diagnostic(`lines that came again: ${keys.length - logged.size}, ${Math.max(...repeats)} after one kill at most`)
    t.diagnostic(`scrapes: ${scrapes.count}; samples that fell: ${scrapes.fallen.length}; out of balance: ${scrapes.unbalanced.length}`)
    assert.deepEqual(lost, [])
    assert.equal(occurrencesIn(lines, oracle), oracle.occurrences)
    assert.ok(repeats.every(count => count <= maxBatch))
    assert.equal(
      keys.length - logged.size,
      repeats.reduce((sum, count) => sum + count, 0),
      'what came again is what was in flight',
    )
    assertInOrder(lines)
    await assertCounted(kec, oracle)
    assert.ok(scrapes.count > kills, 'hardly anything was scraped')
    assert.deepEqual(scrapes.fallen, [])
    assert.deepEqual(scrapes.unbalanced, [])
  } finally {
    enough.abort()
    await writing
    await kec.stop('SIGKILL')
    await oracle.close()
  }
})
