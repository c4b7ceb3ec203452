// `kec verify` on a real API server: what is filtered, skipped, deleted or on its way is not missing; what is missing, it finds.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import type { Verification } from '../../src/operate/verify.ts'
import { waitFor } from '../wait-for.ts'
import { missing } from './harness/assets.ts'
import { RealCluster } from './harness/cluster.ts'
import { Kec } from './harness/kec.ts'
import { Oracle } from './harness/oracle.ts'

const skip = missing('kube-apiserver', 'etcd', 'openssl')
const options = { skip, timeout: 5 * 60_000 }
const bin = join(import.meta.dirname, '../../bin/kec.js')

/** Runs `kec verify -o json` with the configuration of this folder. */
async function verify(folder: string, kubeconfig: string): Promise<Verification & { readonly code: unknown }> {
  const args = [bin, 'verify', '-o', 'json', '--config', join(folder, 'kec.config.json'), '--kubeconfig', kubeconfig]
  return new Promise((resolve, reject) =>
    execFile(process.execPath, args, { maxBuffer: 1e8 }, (error, stdout, stderr) => {
      if (stdout === '') reject(new Error(stderr))
      else resolve({ code: error === null ? 0 : error.code, ...JSON.parse(stdout) })
    }),
  )
}

function check({ streams: [stream] }: Verification) {
  return stream ?? assert.fail('no stream')
}

test('filtered, skipped, deleted, on their way, and really missing', options, async t => {
  await using cluster = await RealCluster.start()
  const kubeconfig = cluster.kubeconfig()
  const history = new Oracle(cluster, ['default'], 'history')
  await history.run({ writes: 700, creates: 1 })
  const folder = join(cluster.folder, 'kec')
  const config = { source: { startFrom: 'now' }, filter: { drop: { reason: 'Pulled' } } }
  await using kec = await Kec.start(folder, kubeconfig, config)
  await kec.ready()
  // The API server may have written of itself before.
  const own = check(await verify(folder, kubeconfig)).listed - history.events.length

  const oracle = new Oracle(cluster, ['default'], 'seen')
  const writing = oracle.run({ writes: 6_000 })
  let beside = 0
  for (let going = true; going; beside++) {
    const found = await verify(folder, kubeconfig)
    assert.deepEqual([found.code, check(found).missing, check(found).unexplained], [0, [], []])
    going = await Promise.race([writing.then(() => false), new Promise<boolean>(next => setImmediate(next, true))])
  }
  t.diagnostic(`${beside} times beside the writing`)
  const deleted = oracle.events.filter((_, i) => i % 10 === 0)
  for (const { namespace, name } of deleted) await cluster.client.call('DELETE', `/api/v1/namespaces/${namespace}/events/${name}`)
  const left = oracle.events.filter(event => !deleted.includes(event))
  const pulled = left.filter(({ reason }) => reason === 'Pulled')
  const found = await verify(folder, kubeconfig)
  assert.deepEqual(
    { ...check(found), version: '' },
    {
      ...{ name: '*', version: '', listed: own + history.events.length + left.length, journaled: left.length - pulled.length },
      ...{ unwanted: { history: own + history.events.length, drop: pulled.length }, unexplained: [], missing: [], late: [] },
      explanation: 'dropped otherwise',
    },
  )
  assert.deepEqual([found.code, found.running, found.holes], [0, true, []])

  const versions = oracle.events.filter(({ reason }) => reason !== 'Pulled').flatMap(({ versions }) => versions)
  const logged = await kec.logged(versions.length)
  await kec.stop('SIGKILL')
  const later = new Oracle(cluster, ['default'], 'later')
  await later.run({ writes: 300 })
  const without = await verify(folder, kubeconfig)
  assert.deepEqual([without.code, without.running], [0, false])
  assert.deepEqual(new Set(check(without).late.map(({ uid }) => uid)), new Set(later.events.map(({ versions }) => versions[0]?.uid)))
  assert.deepEqual(check(without).missing, [])

  // A copy, from which a row of the journal is taken, and what was noted of the filtered.
  const copy = join(cluster.folder, 'copy')
  cpSync(join(folder, 'journal'), join(copy, 'journal'), { recursive: true, filter: path => !path.endsWith('.sock') })
  const original = JSON.parse(readFileSync(join(folder, 'kec.config.json'), 'utf8'))
  writeFileSync(join(copy, 'kec.config.json'), JSON.stringify({ ...original, journal: { dir: join(copy, 'journal') } }))
  const db = new DatabaseSync(join(copy, 'journal/journal.db'))
  // The largest: events that were not updated afterwards are in it.
  const row = db.prepare('SELECT last, count FROM batches WHERE last < (SELECT max(last) FROM batches) ORDER BY count DESC').get()
  db.prepare('DELETE FROM batches WHERE last = ?').run(Number(row?.last))
  db.close()
  const broken = await verify(copy, kubeconfig)
  assert.equal(broken.code, 1)
  const [first, last] = [Number(row?.last) - Number(row?.count) + 1, Number(row?.last)]
  assert.deepEqual(broken.holes, [{ first, last }])
  // The log has them in the journal's order; what was updated later stands in other rows, too.
  const inRow = new Set(logged.slice(first - 1, last).map(({ uid, resource_version }) => `${uid}/${resource_version}`))
  const expected = left
    .flatMap(({ versions }) => versions.slice(-1))
    .filter(({ uid, resourceVersion }) => inRow.has(`${uid}/${resourceVersion}`))
  // With the row goes the ledger's entry of what was filtered in the same commit.
  const lost = [...check(broken).missing, ...check(broken).unexplained].filter(({ reason }) => reason !== 'Pulled')
  assert.deepEqual(lost.map(({ uid }) => uid).sort(), expected.map(({ uid }) => uid).sort())
  assert.ok(lost.length > 0)
  t.diagnostic(`the row had ${last - first + 1} versions; ${lost.length} events are named`)

  // Back on its feet, kec gets what was late.
  await using again = await Kec.start(folder, kubeconfig, config)
  await again.ready()
  const healed = await verify(folder, kubeconfig)
  assert.deepEqual([healed.code, check(healed).late, check(healed).missing], [0, [], []])
  await waitFor('the log to have them', () => again.lines().length > 0)
  await Promise.all([history, oracle, later].map(each => each.close()))
})
