import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectCluster } from '../src/cluster/connect.ts'
import { playScenario } from '../src/scenarios/play.ts'
import { scenarios } from '../src/scenarios/scenarios.ts'
import { storm } from '../src/scenarios/storm.ts'
import type { Written } from '../src/scenarios/writers.ts'
import { kecGenerate, type Shop } from './generate.ts'

/** What scenarios do on every API server. */
export function playing(shop: () => Shop): void {
  const generate = (...args: string[]) => kecGenerate(shop().kubeconfig, '--namespace', 'shop', ...args)

  /** Every event that is there, by namespace and name, in the newer form. */
  const events = async () => {
    const { body } = await shop().client.get('/apis/events.k8s.io/v1/events')
    // biome-ignore lint/suspicious/noExplicitAny: tests look into JSON of every shape.
    return new Map<string, any>(body.items.map((event: any) => [`${event.metadata.namespace}/${event.metadata.name}`, event]))
  }

  for (const scenario of scenarios) {
    for (const series of [false, true]) {
      test(`${scenario.name}: the API server takes all of it${series ? ', as series' : ''}`, async () => {
        const cluster = await connectCluster({ kubeconfig: shop().kubeconfig })
        const stop = new AbortController()
        const last = new Map<string, Written>()
        let occurrences = 0
        let writes = 0
        await playScenario(cluster, scenario, {
          ...{ namespace: 'shop', speed: 10_000, signal: stop.signal, series, seed: `${series}` },
          done(written) {
            last.set(`${written.event.namespace}/${written.event.name}`, written)
            occurrences += written.occurrences
            if (++writes === 100 && scenario !== storm) stop.abort()
          },
        })
        await cluster.close()
        const there = await events()
        assert.ok(writes > 40)
        for (const [key, { event, count, report }] of last) {
          const {
            metadata,
            deprecatedCount,
            series: found,
            regarding,
            reason,
            note,
            reportingController,
          } = there.get(key) ?? assert.fail(key)
          assert.equal(metadata.resourceVersion, event.resourceVersion)
          assert.deepEqual([regarding, reason, reportingController], [report.about, report.reason, report.by.component])
          const inSeries = series || report.by.recorder === 'series'
          assert.equal(inSeries ? (found?.count ?? 1) : deprecatedCount, count)
          assert.equal(inSeries ? deprecatedCount : found, undefined)
          if (!inSeries) assert.equal(note, report.message)
        }
        assert.equal(
          [...last.values()].reduce((sum, { count }) => sum + count, 0),
          occurrences,
        )
      })
    }
  }

  test('--scenario: a line for each write, and what they come to', async () => {
    const before = new Set((await events()).keys())
    const { code, stdout, stderr } = await generate('--scenario', 'rollout', '--speed', '1000')
    assert.deepEqual([code, stderr], [0, ''])
    const made = [...(await events()).keys()].filter(key => !before.has(key))
    const [head, ...lines] = stdout.trimEnd().split('\n')
    assert.match(head ?? '', /^rollout, in namespace shop: /)
    const repeats = lines.filter(line => line.includes(' (x2) ')).length
    assert.equal(
      lines.pop(),
      `Created ${made.length} events, updated ${repeats} times: ${made.length + repeats} occurrences. See them: kubectl get events -n shop`,
    )
    assert.equal(lines.length, made.length + repeats)
    assert.ok(lines.some(line => /^ {2}\s*\ds {2}Warning {2}Unhealthy \(x2\) {5}Pod web-\S+: Readiness probe failed: /.test(line)))
  })

  test('--scenario in a second play: other events', async () => {
    const names = async () => (await generate('--scenario', 'rollout', '--speed', '1000', '-o', 'name')).stdout.trimEnd().split('\n')
    const [first, second] = [await names(), await names()]
    assert.equal(new Set([...first, ...second]).size, first.length + second.length)
    assert.ok(first.every(line => /^event(\.events\.k8s\.io)?\/[\w.-]+$/.test(line)))
  })

  test('--scenario -o json: each version; --for ends what has no end', async () => {
    const { code, stdout } = await generate('--scenario', 'crash-loop', '--speed', '500', '--for', '1s', '--series', '-o', 'json')
    assert.equal(code, 0)
    const printed = JSON.parse(`[${stdout.replaceAll('\n}\n{', '\n},\n{')}]`)
    const counts = new Map<string, number[]>()
    for (const { metadata, series } of printed) counts.set(metadata.name, [...(counts.get(metadata.name) ?? []), series?.count ?? 1])
    for (const of of counts.values())
      assert.deepEqual(
        of.toSorted((a, b) => a - b),
        of,
      )
    assert.ok([...counts.values()].some(of => of.length > 2))
  })

  test('--scenario: what does not go with it is refused by name', async () => {
    const refused = async (code: number, ...args: string[]) => {
      const outcome = await kecGenerate(shop().kubeconfig, ...args)
      assert.deepEqual([outcome.code, outcome.stdout], [code, ''])
      return outcome.stderr
    }
    const storm = ['--scenario', 'storm']
    assert.match(await refused(2, '--scenario', 'crashlop'), /--scenario cannot be "crashlop"\. Did you mean crash-loop\?/)
    for (const flag of ['kind', 'name', 'type', 'reason', 'message', 'action', 'count', 'rate', 'repeat']) {
      assert.match(await refused(2, ...storm, `--${flag}=1`), new RegExp(`--${flag} does not go with --scenario`))
    }
    assert.match(await refused(2, ...storm, '--dry-run'), /--dry-run does not go with --scenario/)
    for (const value of ['0s', '5', 'soon', '']) assert.match(await refused(2, ...storm, `--for=${value}`), /--for cannot be /)
    for (const value of ['0', '-1', 'fast', '']) assert.match(await refused(2, ...storm, `--speed=${value}`), /--speed cannot be /)
    assert.match(await refused(2, ...storm, '--namespace', ''), /--namespace is empty/)
    assert.match(await refused(2, '--for', '5s'), /--for needs --scenario/)
    assert.match(await refused(2, '--speed', '5'), /--speed needs --scenario/)
    assert.match(await refused(1, ...storm, '--namespace', 'shpo'), /--namespace: there is no namespace shpo\. Did you mean shop\?/)
  })
}
