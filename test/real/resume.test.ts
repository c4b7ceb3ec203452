// kec was away while the API server forgot, or lost its history; and it was killed before it had seen all of it.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { waitFor } from '../wait-for.ts'
import { missing } from './harness/assets.ts'
import { RealCluster } from './harness/cluster.ts'
import { Kec } from './harness/kec.ts'
import { TelephoneLine } from './harness/line.ts'
import { Oracle } from './harness/oracle.ts'
import { assertBalanced, assertCounted, keyOf, lastOfEach, occurrencesIn } from './harness/verdict.ts'

const options = { skip: missing('kube-apiserver', 'etcd', 'openssl'), timeout: 3 * 60_000 }
const absences = ['the connection is cut', 'kec is stopped'] as const

/** A kec with a line to the API server, and the ways to be away from it. */
class Place implements AsyncDisposable {
  readonly cluster: RealCluster
  readonly line: TelephoneLine
  kec: Kec
  readonly #kubeconfig: string
  readonly #config: object

  private constructor(cluster: RealCluster, line: TelephoneLine, kec: Kec, kubeconfig: string, config: object) {
    this.cluster = cluster
    this.line = line
    this.kec = kec
    this.#kubeconfig = kubeconfig
    this.#config = config
  }

  static async on(cluster: RealCluster, config: object = {}, holdUpAfter = Number.POSITIVE_INFINITY): Promise<Place> {
    const line = await TelephoneLine.to(Number(new URL(cluster.url).port))
    line.holdUpAfter(holdUpAfter)
    const kubeconfig = cluster.kubeconfig(undefined, { server: `https://127.0.0.1:${line.port}` })
    const kec = await Kec.start(join(cluster.folder, 'kec'), kubeconfig, config)
    return new Place(cluster, line, kec, kubeconfig, config)
  }

  async away(how: (typeof absences)[number] | 'kec is killed', meanwhile: () => Promise<void>): Promise<void> {
    if (how === 'the connection is cut') this.line.cut()
    else await this.kec.stop(how === 'kec is killed' ? 'SIGKILL' : 'SIGTERM')
    await meanwhile()
    this.line.mend()
    if (how === 'the connection is cut') return
    this.kec = await Kec.start(this.kec.folder, this.#kubeconfig, this.#config)
    await this.kec.ready()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kec[Symbol.asyncDispose]()
    await this.line[Symbol.asyncDispose]()
  }
}

/** All of it once; and the time that nobody can know of is told in the log, in a metric and in /status. */
async function assertRelisted(t: TestContext, kec: Kec, cause: string, oracles: readonly Oracle[]): Promise<void> {
  const lines = await lastOfEach(kec, ...oracles)
  assert.equal(new Set(lines.map(keyOf)).size, lines.length, 'nothing comes twice')
  assert.equal(
    occurrencesIn(lines, ...oracles),
    oracles.reduce((sum, { occurrences }) => sum + occurrences, 0),
  )
  await assertCounted(kec, ...oracles)
  await assertBalanced(kec)
  await kec.heard(/events may have come and gone unseen/)
  const seconds = await kec.sum('kec_source_gap_seconds_total')
  const { gaps } = await kec.status()
  assert.ok(seconds > 0)
  assert.deepEqual(
    gaps.map(gap => gap.cause),
    [cause],
  )
  const told = gaps.reduce((sum, { from, to }) => sum + Date.parse(to) - Date.parse(from), 0)
  assert.equal(told, Math.round(seconds * 1000))
  const written = oracles.reduce((sum, oracle) => sum + oracle.written, 0)
  t.diagnostic(`a gap of ${seconds} s, ${lines.length} of ${written} versions seen`)
}

for (const how of absences)
  test(`compaction while ${how} for longer than history lasts: the last version of each, and every occurrence`, options, async t => {
    await using cluster = await RealCluster.start({ compactionInterval: '2s' })
    await using place = await Place.on(cluster)
    await place.kec.ready()
    const oracle = new Oracle(cluster)
    await oracle.run({ writes: 1_000 })
    await place.kec.logged(1_000)
    const version = (await place.kec.status()).source[0]?.position.version
    await place.away(how, async () => {
      await oracle.run({ writes: 2_000 })
      const exact = `/api/v1/events?limit=1&resourceVersion=${version}&resourceVersionMatch=Exact`
      await waitFor('history to be forgotten', async () => (await cluster.client.get(exact)).status === 410)
    })
    await assertRelisted(t, place.kec, 'expired', [oracle])
    await oracle.close()
  })

for (const how of absences)
  test(`the events' etcd is wiped while ${how}: what was acknowledged before and since`, options, async t => {
    await using cluster = await RealCluster.start({ separateEvents: true })
    await using place = await Place.on(cluster)
    await place.kec.ready()
    const before = new Oracle(cluster, ['default'], 'before')
    await before.run({ writes: 500 })
    await place.kec.logged(500)
    const after = new Oracle(cluster, ['default'], 'after')
    await place.away(how, async () => {
      await cluster.wipeEvents()
      await after.run({ writes: 2_000 })
    })
    await assertRelisted(t, place.kec, 'replaced', [before, after])
    await before.close()
    await after.close()
  })

for (const startFrom of ['all', 'now'] as const)
  test(`a kill between two pages of the first list changes nothing in what is historical (startFrom: ${startFrom})`, options, async t => {
    await using cluster = await RealCluster.start()
    const before = new Oracle(cluster, ['default'], 'before')
    await before.run({ writes: 3_000, creates: 1 })
    // Pages have 500 events, of about 1 KB each: the third one does not come through.
    await using place = await Place.on(cluster, { source: { startFrom } }, 1_500_000)
    let seen = 0
    await waitFor('a page', async () => {
      seen = await place.kec.sum('kec_source_events_total').catch(() => 0)
      return seen > 0
    })
    const after = new Oracle(cluster, ['default'], 'after')
    await place.away('kec is killed', () => after.run({ writes: 500 }))
    const lines = await lastOfEach(place.kec, after)
    t.diagnostic(`killed after ${seen} of 3000 were listed; ${lines.length} lines`)
    assert.ok(seen >= 500 && seen < 3_000, `${seen} were listed`)
    const history = new Set(before.acknowledged.map(({ uid }) => uid))
    const old = lines.filter(({ uid }) => history.has(uid))
    assert.ok(old.every(({ historical }) => historical))
    assert.ok(lines.filter(({ uid }) => !history.has(uid)).every(({ historical }) => !historical))
    assert.equal(new Set(old.map(keyOf)).size, startFrom === 'all' ? 3_000 : 0)
    assert.equal(occurrencesIn(lines, after), after.occurrences)
    await assertCounted(place.kec, after)
    await assertBalanced(place.kec)
    assert.equal(await place.kec.sum('kec_source_gap_seconds_total'), 0)
    await before.close()
    await after.close()
  })
