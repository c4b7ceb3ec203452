// kec counts what recorders write: what a scenario wrote by its acknowledgements, against what comes out of a `kec start`.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { connectCluster } from '../src/cluster/connect.ts'
import { playScenario } from '../src/scenarios/play.ts'
import { scenarios } from '../src/scenarios/scenarios.ts'
import { storm } from '../src/scenarios/storm.ts'
import { Kec, linesOf, place } from './kec.ts'
import { samplesOf } from './scrape.ts'

/** Sums by reason. */
class Sums {
  readonly #sums = new Map<string, number>()

  add(reason: string, occurrences: number): void {
    this.#sums.set(reason, (this.#sums.get(reason) ?? 0) + occurrences)
  }

  get all(): object {
    return Object.fromEntries([...this.#sums].filter(([, sum]) => sum > 0).toSorted())
  }
}

for (const series of [false, true]) {
  test(`kec_events_total and the log's occurrences are what scenarios wrote${series ? ', as series' : ''}`, {
    timeout: 120_000,
  }, async t => {
    const { sandbox, folder } = await place(t, { plugins: ['log', 'metrics'] })
    sandbox.add('namespaces', { name: 'shop' })
    const kec = new Kec(t, folder)
    await kec.until(() => sandbox.watches.size === 1)
    const cluster = await connectCluster({ kubeconfig: join(folder, '.kube/config') })
    t.after(() => cluster.close())

    const written = new Sums()
    let versions = 0
    for (const scenario of scenarios) {
      const stop = new AbortController()
      let writes = 0
      await playScenario(cluster, scenario, {
        ...{ namespace: 'shop', speed: 10_000, signal: stop.signal, series },
        done({ occurrences, report }) {
          written.add(report.reason, occurrences)
          versions++
          if (++writes === 100 && scenario !== storm) stop.abort()
        },
      })
    }

    await kec.until(() => kec.stdout.split('\n').length > versions)
    const logged = new Sums()
    for (const { reason, occurrences } of linesOf(kec.stdout)) logged.add(reason, occurrences)
    assert.deepEqual(logged.all, written.all)

    const metrics = kec.log.flatMap(line => (typeof line.metrics === 'string' ? line.metrics : []))[0] ?? assert.fail(kec.stderr)
    const delivered = `kec_sink_events_total{sink="metrics",outcome="delivered"} ${versions}\n`
    let text = ''
    while (!text.includes(delivered)) text = await (await fetch(metrics)).text()
    const counted = new Sums()
    for (const { labels, value } of samplesOf(text, 'kec_events_total')) counted.add(labels.reason ?? '', value)
    assert.deepEqual(counted.all, written.all)
  })
}
