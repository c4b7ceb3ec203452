// `kec status`, of a `kec start` that runs, was killed, or has stopped.
import assert from 'node:assert/strict'
import { existsSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { StatusReport } from '../src/operate/report.ts'
import { Kec, linesOf, ownPort, place, run } from './kec.ts'

async function status(t: TestContext, folder: string): Promise<StatusReport> {
  const { code, stdout, stderr } = await run(t, folder, 'status', '-o', 'json')
  assert.equal(code, 0, stderr)
  return JSON.parse(stdout)
}

test('what a running kec says, what its journal says after kill -9, and the next kec', async t => {
  const { sandbox, folder } = await place(t, {
    journal: { dir: 'journal' },
    filter: { drop: { reason: 'Pulled' } },
    plugins: ['log', { use: 'metrics', match: { reason: 'Started' } }],
  })
  sandbox.store.create({ metadata: { name: 'e0' }, reason: 'Pulled' })
  const kec = new Kec(t, folder)
  await kec.until(() => sandbox.watches.size === 1)
  for (const name of ['e1', 'e2', 'e3']) sandbox.store.create({ metadata: { name }, reason: name === 'e1' ? 'Started' : 'BackOff' })
  sandbox.store.create({ metadata: { name: 'e4' }, reason: 'Pulled' })
  await kec.until(() => linesOf(kec.stdout).length === 3)
  let now = await status(t, folder)
  for (; now.received.filtered < 2; now = await status(t, folder));
  const pid = now.kec?.pid
  assert.ok(pid !== undefined && pid !== process.pid)
  assert.equal(now.cluster?.name, 'sandbox')
  assert.deepEqual(
    now.source.map(({ name, connected, listed }) => ({ name, connected, listed })),
    [{ name: '*', connected: true, listed: true }],
  )
  assert.deepEqual(now.received, {
    ...{ received: 5, journaled: 3, duplicates: 0, historySkipped: 0, filtered: 2, causes: { drop: 2 }, balances: true },
  })
  const books = ({ sinks }: StatusReport) =>
    Object.fromEntries(
      sinks.map(({ name, journaled, delivered, skipped, pending, balances }) => [
        name,
        { journaled, delivered, skipped, pending, balances },
      ]),
    )
  const expected = {
    log: { journaled: 3, delivered: 3, skipped: 0, pending: 0, balances: true },
    metrics: { journaled: 3, delivered: 1, skipped: 2, pending: 0, balances: true },
  }
  assert.deepEqual(books(now), expected)
  const socket = join(folder, 'journal/journal.db.sock')
  assert.equal(statSync(socket).mode & 0o777, 0o600)

  const [file, aside] = [join(folder, 'journal/journal.db'), join(folder, 'journal/aside.db')]
  renameSync(file, aside)
  assert.match((await run(t, folder, 'status')).stdout, /\n {9}MOVED OR DELETED: /)
  renameSync(aside, file)

  kec.signal('SIGKILL')
  await kec.end()
  assert.ok(existsSync(socket))
  const dead = await status(t, folder)
  assert.equal(dead.kec, null)
  assert.deepEqual(books(dead), expected)
  assert.deepEqual(dead.received, now.received)
  const text = await run(t, folder, 'status')
  assert.equal(text.code, 0)
  assert.match(text.stdout, /^kec {6}no kec runs; this is what the journal says\n/)
  assert.ok(text.stdout.split('\n').every(line => line.length <= 80))

  const next = new Kec(t, folder)
  await next.until(() => sandbox.watches.size === 1)
  const alive = await status(t, folder)
  assert.ok(alive.kec !== null && alive.kec.pid !== pid)
  next.signal('SIGTERM')
  assert.equal(await next.end(), 0)
  assert.ok(!existsSync(socket), 'the socket goes with its kec')
})

test('what is wrong with plugins does not matter, and a sink that was removed is still told of', async t => {
  const { sandbox, folder } = await place(t, { journal: { dir: 'journal' }, plugins: ['log', { use: 'log', name: 'old' }] })
  const first = new Kec(t, folder)
  await first.until(() => sandbox.watches.size === 1)
  first.signal('SIGTERM')
  assert.equal(await first.end(), 0)
  const configure = (plugins: unknown) =>
    writeFileSync(join(folder, 'kec.config.json'), JSON.stringify({ ...ownPort, journal: { dir: 'journal' }, plugins }))
  configure(['log'])
  const second = new Kec(t, folder)
  await second.until(() => sandbox.watches.size === 1)
  configure([{ use: 'log', options: { file: `\${env:KEC_TEST_NOT_SET}` } }, 'not-installed'])
  const { sinks } = await status(t, folder)
  assert.deepEqual(
    sinks.map(({ name, state }) => [name, state]),
    [
      ['log', 'idle'],
      ['old', 'removed'],
    ],
  )
  assert.equal((await run(t, folder, 'tail')).code, 0)
  const replay = await run(t, folder, 'replay', '--since', '1h')
  assert.equal(replay.code, 2)
  assert.match(replay.stderr, /^error KEC_CONFIG: .*KEC_TEST_NOT_SET is\s+not set/s)
  writeFileSync(join(folder, 'kec.config.json'), JSON.stringify({ clustr: 'x', plugins: ['not-installed'] }))
  const wrong = await run(t, folder, 'status')
  assert.equal(wrong.code, 2)
  assert.match(wrong.stderr, /^error KEC_CONFIG: kec\.config\.json has a mistake\.\n {2}clustr/)
})
