// `kec verify` against the sandbox. What it must find is taken out of the journal by hand.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import type { Verification } from '../src/operate/verify.ts'
import { type Sandbox, startSandbox } from '../src/sandbox/sandbox.ts'
import { Kec, linesOf, ownPort, place, run } from './kec.ts'

const create = (sandbox: Sandbox, name: string, reason: string) =>
  sandbox.store.create({ metadata: { name, namespace: 'default' }, reason, involvedObject: { kind: 'Pod', name } })

async function verify(t: TestContext, folder: string): Promise<Verification & { readonly code: number | null }> {
  const { code, stdout, stderr } = await run(t, folder, 'verify', '-o', 'json')
  assert.ok(stdout !== '', stderr)
  return { code, ...JSON.parse(stdout) }
}

/** The numbers of a stream's check. */
function sums({ streams: [check] }: Verification) {
  const { listed, journaled, unwanted, unexplained, missing, late } = check ?? assert.fail()
  return { listed, journaled, unwanted, unexplained: unexplained.length, missing: missing.map(({ name }) => name), late: late.length }
}

function byHand(folder: string, sql: string): void {
  const db = new DatabaseSync(join(folder, 'journal/journal.db'))
  db.exec(sql)
  db.close()
}

test('filtered, skipped, deleted and late events are not missing', async t => {
  const config = { journal: { dir: 'journal' }, source: { startFrom: 'now' }, filter: { drop: { reason: 'Pulled' } } }
  const { sandbox, folder } = await place(t, config)
  for (const name of ['h1', 'h2', 'h3']) create(sandbox, name, 'BackOff')
  const kec = new Kec(t, folder)
  await kec.until(() => sandbox.watches.size === 1)
  for (const name of ['e1', 'e2', 'gone']) create(sandbox, name, 'BackOff')
  for (const name of ['p1', 'p2']) create(sandbox, name, 'Pulled')
  sandbox.store.delete('gone')
  await kec.until(() => linesOf(kec.stdout).length === 3)
  const found = await verify(t, folder)
  assert.deepEqual(sums(found), {
    ...{ listed: 7, journaled: 2, unwanted: { history: 3, drop: 2 }, unexplained: 0, missing: [], late: 0 },
  })
  assert.deepEqual([found.code, found.ok, found.holes], [0, true, []])
  const text = await run(t, folder, 'verify')
  assert.match(
    text.stdout,
    /^In all namespaces the API server holds 7 events at version \d+:\n {2}2 {2}in the journal\n {2}2 {2}filtered \(drop 2\)\n {2}3 {2}skipped as history\nNothing is missing\.\n$/,
  )

  kec.signal('SIGTERM')
  assert.equal(await kec.end(), 0)
  for (const name of ['l1', 'l2']) create(sandbox, name, 'BackOff')
  const late = await verify(t, folder)
  assert.deepEqual(sums(late), { ...sums(found), listed: 9, late: 2 })
  assert.equal(late.code, 0)
  // Rules of yesterday are no loss.
  writeFileSync(join(folder, 'kec.config.json'), JSON.stringify({ ...ownPort, ...config, filter: {} }))
  const changed = await verify(t, folder)
  assert.deepEqual(sums(changed), { ...sums(late), unwanted: { history: 3 }, unexplained: 2 })
  assert.deepEqual([changed.code, changed.streams[0]?.explanation], [0, 'dropped otherwise'])
})

test('what is really missing is found: never seen, or no longer in the journal', async t => {
  const { sandbox, folder } = await place(t, { journal: { dir: 'journal' }, filter: { drop: { reason: 'Pulled' } } })
  const kec = new Kec(t, folder)
  await kec.until(() => sandbox.watches.size === 1)
  for (const n of [1, 2, 3, 4]) {
    create(sandbox, `e${n}`, 'BackOff')
    await kec.until(() => linesOf(kec.stdout).length === n) // a commit for each
    if (n !== 3) continue
    create(sandbox, 'p1', 'Pulled')
    while (JSON.parse((await run(t, folder, 'status', '-o', 'json')).stdout).received.filtered === 0);
  }
  kec.signal('SIGKILL')
  await kec.end()
  const whole = await verify(t, folder)
  assert.deepEqual(sums(whole), { listed: 5, journaled: 4, unwanted: { drop: 1 }, unexplained: 0, missing: [], late: 0 })
  byHand(folder, 'DELETE FROM unjournaled')
  const filtered = await verify(t, folder)
  assert.deepEqual(sums(filtered), { ...sums(whole), unwanted: {}, missing: ['p1'] })
  assert.deepEqual([filtered.code, filtered.holes], [1, []])
  byHand(folder, 'DELETE FROM batches WHERE last = 2')
  const row = await verify(t, folder)
  assert.deepEqual(sums(row).missing, ['e2', 'p1'])
  assert.deepEqual([row.code, row.ok, row.holes], [1, false, [{ first: 2, last: 2 }]])
  const text = await run(t, folder, 'verify')
  assert.equal(text.code, 1)
  assert.match(text.stdout, /\n {2}2 {2}MISSING: never seen, though what is newer was\n {2}- BackOff: event default\/e2, uid /)
  assert.match(text.stdout, /The journal has a hole: 1 event from number 2 on\.\nSomething is missing\.\n$/)
})

test('a hole in a journal whose ledger was stored', async t => {
  const { sandbox, folder } = await place(t, { journal: { dir: 'journal' } })
  const kec = new Kec(t, folder)
  await kec.until(() => sandbox.watches.size === 1)
  for (const n of [1, 2, 3]) {
    create(sandbox, `e${n}`, 'BackOff')
    await kec.until(() => linesOf(kec.stdout).length === n)
  }
  kec.signal('SIGTERM')
  assert.equal(await kec.end(), 0)
  byHand(folder, 'DELETE FROM batches WHERE last = 2')
  const found = await verify(t, folder)
  assert.deepEqual(found.holes, [{ first: 2, last: 2 }])
  assert.deepEqual(
    found.streams[0]?.unexplained.map(({ name }) => name),
    ['e2'],
  )
  assert.deepEqual([found.code, found.streams[0]?.explanation], [1, 'lost'])
})

test('another API server, one that does not answer, and other selectors', async t => {
  const { sandbox, folder } = await place(t, { journal: { dir: 'journal' } })
  const kec = new Kec(t, folder)
  await kec.until(() => sandbox.watches.size === 1)
  const other = await startSandbox()
  t.after(() => other.close())
  writeFileSync(join(folder, 'other'), other.kubeconfig)
  const wrong = await run(t, folder, 'verify', '--kubeconfig', 'other')
  assert.deepEqual([wrong.code, wrong.stdout], [1, ''])
  assert.match(wrong.stderr, /^error KEC_JOURNAL_CLUSTER: The journal .* belongs to the cluster sandbox \(.*\), and http/)
  sandbox.faults.inject({ kind: 'answer', code: 403, message: 'not you' }, { times: 1_000, when: ({ resource }) => resource === 'events' })
  const refused = await run(t, folder, 'verify')
  assert.deepEqual([refused.code, refused.stdout], [1, ''])
  assert.match(refused.stderr, /^error KEC_CLUSTER: The events cannot be listed: .*grant list events/)
  sandbox.faults.clear()
  writeFileSync(
    join(folder, 'kec.config.json'),
    JSON.stringify({ ...ownPort, journal: { dir: 'journal' }, source: { fieldSelector: 'type=Warning' } }),
  )
  const selected = await run(t, folder, 'verify')
  assert.equal(selected.code, 2)
  assert.match(selected.stderr, /^error KEC_CONFIG: The configuration has other selectors/)
})
