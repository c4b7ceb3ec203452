// `kec dead-letters` and `kec replay`: through the socket of a `kec start` that runs, and in the file when none does.
import assert from 'node:assert/strict'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { StatusReport } from '../src/operate/report.ts'
import type { Sandbox } from '../src/sandbox/sandbox.ts'
import { Kec, linesOf, place, run } from './kec.ts'

/** A sink that notes what it gets, and rejects what is called bad as long as there is a file `sulk`. */
const moody = `
import { appendFileSync, existsSync } from 'node:fs'
import { definePlugin } from '@kec/plugin-api'
export default definePlugin({
  name: 'moody',
  apiVersion: 1,
  setup(kec) {
    kec.hooks.onEvent.tap('moody', (batch, delivery) => {
      for (const event of batch) {
        if (event.reason === 'Bad' && existsSync('sulk')) delivery.reject(event, 'I do not like \\u001b[31m' + event.regarding.name)
        else appendFileSync('got', event.regarding.name + (delivery.replay ? ' again' : '') + '\\n')
      }
    })
  },
})
`

async function moodyPlace(t: TestContext): Promise<{ sandbox: Sandbox; folder: string; got: () => string[] }> {
  const entries = ['log', './moody.ts', { use: './moody.ts', name: 'picky', match: { reason: 'Bad' } }]
  const { sandbox, folder } = await place(t, { journal: { dir: 'journal' }, plugins: entries })
  writeFileSync(join(folder, 'moody.ts'), moody)
  writeFileSync(join(folder, 'sulk'), '')
  const got = () => (existsSync(join(folder, 'got')) ? readFileSync(join(folder, 'got'), 'utf8').split('\n').slice(0, -1) : [])
  return { sandbox, folder, got }
}

function create(sandbox: Sandbox, name: string, reason: string): void {
  sandbox.store.create({ metadata: { name: `event-${name}` }, involvedObject: { kind: 'Pod', namespace: 'default', name }, reason })
}

async function books(t: TestContext, folder: string, sink: string) {
  const report: StatusReport = JSON.parse((await run(t, folder, 'status', '-o', 'json')).stdout)
  const { delivered, dead, discarded, pending, replayed, balances } = report.sinks.find(({ name }) => name === sink) ?? assert.fail()
  assert.ok(balances, `the books of ${sink} balance`)
  return { delivered, dead, discarded, pending, replayed: replayed.delivered }
}

/** Until the books of the sink are these. */
async function settled(t: TestContext, folder: string, sink: string, expected: object): Promise<void> {
  for (let i = 0; i < 40; i++) if (JSON.stringify(await books(t, folder, sink)) === JSON.stringify(expected)) return
  assert.deepEqual(await books(t, folder, sink), expected)
}

test('list, show, redrive, discard, replay, while kec runs', async t => {
  const { sandbox, folder, got } = await moodyPlace(t)
  const letters = (...words: string[]) => run(t, folder, 'dead-letters', ...words)
  const kec = new Kec(t, folder)
  await kec.until(() => sandbox.watches.size === 1)
  assert.equal((await letters('list')).stdout, 'There are no dead letters.\n')
  assert.deepEqual(await letters('redrive', '--all'), { code: 0, stdout: 'There are no dead letters.\n', stderr: '' })
  for (const name of ['a', 'b', 'c']) create(sandbox, name, name === 'b' ? 'Good' : 'Bad')
  await settled(t, folder, 'moody', { delivered: 1, dead: 2, discarded: 0, pending: 0, replayed: 0 })
  await settled(t, folder, 'picky', { delivered: 0, dead: 2, discarded: 0, pending: 0, replayed: 0 })

  const list = await letters('list')
  assert.equal(list.code, 0)
  assert.match(
    list.stdout,
    /^1 {2}Bad Pod default\/a\n {3}moody, [-\d]{10} [:\d]{8}, 1 attempt\n {3}I do not like \\u001b\[31ma\n3 {2}Bad Pod/,
  )
  assert.ok(list.stdout.split('\n').every(line => line.length <= 80))
  const json = linesOf((await letters('list', '--sink', 'picky', '-o', 'json')).stdout)
  assert.deepEqual(
    json.map(({ id, sink, attempts, redriven, event }) => [id, sink, attempts, redriven, event.reason]),
    [
      [1, 'picky', 1, false, 'Bad'],
      [3, 'picky', 1, false, 'Bad'],
    ],
  )
  const shown = await letters('show', '3', '--sink', 'moody')
  assert.match(shown.stdout, /^dead letter 3 of moody\n {2}rejected .*, after 1 attempt\n {2}because {3}I do not like \\u001b\[31mc\n/)
  const [raw] = linesOf((await letters('show', '1', '--sink', 'moody', '-o', 'json')).stdout)
  assert.equal(raw.raw.metadata.name, 'event-a')

  // What is wrong changes nothing.
  const wrong = async (pattern: RegExp, ...words: string[]) => {
    const { code, stdout, stderr } = await letters(...words)
    assert.deepEqual({ code, stdout }, { code: 2, stdout: '' })
    assert.match(stderr, pattern)
  }
  await wrong(
    /^error KEC_NOT_FOUND: There is no sink "moddy"\. Did you mean moody\?\n {2}There are: log, moody, picky\.\n$/,
    'list',
    '--sink',
    'moddy',
  )
  await wrong(
    /^error KEC_NOT_FOUND: There is no dead letter 2 of moody\.\n {2}kec dead-letters list shows/,
    'discard',
    '1',
    '2',
    '--sink',
    'moody',
  )
  await wrong(/^error KEC_USAGE: The dead letter 1 lies for several sinks: moody, picky\.\n {2}Say of which with --sink\./, 'redrive', '1')
  await wrong(/^error KEC_USAGE: Which ones\?/, 'discard')
  await wrong(/^error KEC_USAGE: IDs and --all exclude each other/, 'redrive', '--all', '1')
  await wrong(/^error KEC_USAGE: "x1" is no ID/, 'show', 'x1')
  await settled(t, folder, 'moody', { delivered: 1, dead: 2, discarded: 0, pending: 0, replayed: 0 })

  const gone = await letters('discard', '3', '3', '--sink', 'moody')
  assert.deepEqual(gone, { code: 0, stdout: '1 dead letter of moody is given up.\n', stderr: '' })
  // It sulks still: what is redriven lies again.
  assert.equal((await letters('redrive', '--all', '--sink', 'picky')).stdout, '2 dead letters of picky are handed over again.\n')
  await settled(t, folder, 'picky', { delivered: 0, dead: 2, discarded: 0, pending: 0, replayed: 0 })
  rmSync(join(folder, 'sulk'))
  const redriven = await letters('redrive', '--all', '-o', 'json')
  assert.deepEqual(JSON.parse(redriven.stdout), [
    { sink: 'moody', count: 1 },
    { sink: 'picky', count: 2 },
  ])
  await settled(t, folder, 'moody', { delivered: 2, dead: 0, discarded: 1, pending: 0, replayed: 0 })
  await settled(t, folder, 'picky', { delivered: 2, dead: 0, discarded: 0, pending: 0, replayed: 0 })
  assert.deepEqual(got().sort(), ['a', 'a', 'b', 'c'])

  // To all sinks of the configuration, each by its own match.
  const all = await run(t, folder, 'replay', '--since', '1h', '-o', 'json')
  assert.deepEqual(JSON.parse(all.stdout), [
    { sink: 'log', events: 3 },
    { sink: 'moody', events: 3 },
    { sink: 'picky', events: 2 },
  ])
  await settled(t, folder, 'moody', { delivered: 2, dead: 0, discarded: 1, pending: 0, replayed: 3 })
  await settled(t, folder, 'picky', { delivered: 2, dead: 0, discarded: 0, pending: 0, replayed: 2 })
  const none = await run(t, folder, 'replay', '--since', '1h', '--match', 'reason=Nothing')
  assert.match(none.stdout, /picky: 0 events\nThere is nothing to do\.\n$/)
  const unknown = await run(t, folder, 'replay', '--since', '1h', '--to', 'mody')
  assert.deepEqual([unknown.code, unknown.stdout], [2, ''])
  assert.match(unknown.stderr, /^error KEC_NOT_FOUND: There is no sink "mody"\. Did you mean moody\?/)
  assert.match((await run(t, folder, 'replay')).stderr, /^error KEC_USAGE: Since when\? Give --since\.\n/)
  kec.signal('SIGTERM')
  assert.equal(await kec.end(), 0)
})

test('redrive and replay in the file: kec does it when it starts', async t => {
  const { sandbox, folder, got } = await moodyPlace(t)
  const first = new Kec(t, folder)
  await first.until(() => sandbox.watches.size === 1)
  for (const name of ['a', 'b', 'c']) create(sandbox, name, name === 'b' ? 'Good' : 'Bad')
  await settled(t, folder, 'moody', { delivered: 1, dead: 2, discarded: 0, pending: 0, replayed: 0 })
  await settled(t, folder, 'picky', { delivered: 0, dead: 2, discarded: 0, pending: 0, replayed: 0 })
  first.signal('SIGKILL')
  await first.end()
  rmSync(join(folder, 'sulk'))
  const redriven = await run(t, folder, 'dead-letters', 'redrive', '1', '--sink', 'moody')
  assert.equal(redriven.stdout, '1 dead letter of moody is handed over again once kec starts: none runs now.\n')
  assert.match(
    (await run(t, folder, 'dead-letters', 'list')).stdout,
    /^1 {2}.*\n {3}moody, .*, 1 attempt, waits to be handed over again\n {3}I do not like/,
  )
  const replayed = await run(t, folder, 'replay', '--since', '1h', '--to', 'moody', '--match', 'reason=Good')
  assert.match(replayed.stdout, /^Of what was stored .*:\n {2}moody: 1 event\nNo kec runs: it is done once kec starts\.\n$/)
  const open: StatusReport = JSON.parse((await run(t, folder, 'status', '-o', 'json')).stdout)
  assert.deepEqual(
    open.replays.map(({ consumer, next, last }) => [consumer, next, last]),
    [['moody', 1, 3]],
  )
  const second = new Kec(t, folder)
  await settled(t, folder, 'moody', { delivered: 2, dead: 1, discarded: 0, pending: 0, replayed: 1 })
  assert.deepEqual(got().sort(), ['a', 'b', 'b again'])
  second.signal('SIGTERM')
  assert.equal(await second.end(), 0)
})

test('a kec without its socket holds the journal: it is not changed behind its back, and reading works', async t => {
  const { sandbox, folder } = await moodyPlace(t)
  const kec = new Kec(t, folder)
  await kec.until(() => sandbox.watches.size === 1)
  create(sandbox, 'a', 'Bad')
  await settled(t, folder, 'moody', { delivered: 0, dead: 1, discarded: 0, pending: 0, replayed: 0 })
  rmSync(join(folder, 'journal/journal.db.sock'))
  const { code, stderr } = await run(t, folder, 'dead-letters', 'discard', '--all')
  assert.equal(code, 1)
  assert.match(stderr, /^error KEC_CONTROL: Another kec \(pid \d+ on .*\) has the journal .* Its control socket is not there/)
  await settled(t, folder, 'moody', { delivered: 0, dead: 1, discarded: 0, pending: 0, replayed: 0 })
  kec.signal('SIGTERM')
  assert.equal(await kec.end(), 0)
})

test('a secret that a server repeats is in no dead letter, neither shown nor stored', async t => {
  const echo = `
    import { definePlugin } from '@kec/plugin-api'
    import { z } from 'zod'
    export default definePlugin({
      name: 'echo',
      apiVersion: 1,
      delivery: { maxAttempts: 1 },
      options: z.strictObject({ password: z.string() }),
      setup(kec, { password }) {
        const sent = 'Authorization: Basic ' + Buffer.from('kec:' + password).toString('base64')
        kec.hooks.onEvent.tap('echo', ([event], delivery) => {
          if (event.reason === 'Thrown') throw new Error('you sent ' + sent + ' with ' + password)
          delivery.reject(event, 'you sent ' + sent + ' with ' + password)
        })
      },
    })`
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference
  const options = { password: '${file:password}' }
  const entries = ['log', { use: './echo.ts', options, delivery: { maxBatch: 1 } }]
  const { sandbox, folder } = await place(t, { journal: { dir: 'journal' }, plugins: entries })
  writeFileSync(join(folder, 'echo.ts'), echo)
  writeFileSync(join(folder, 'password'), 'correct-horse')
  const kec = new Kec(t, folder)
  await kec.until(() => sandbox.watches.size === 1)
  for (const reason of ['Rejected', 'Thrown']) create(sandbox, reason.toLowerCase(), reason)
  await settled(t, folder, 'echo', { delivered: 0, dead: 2, discarded: 0, pending: 0, replayed: 0 })
  const letters = linesOf((await run(t, folder, 'dead-letters', 'show', '--all', '-o', 'json')).stdout)
  assert.equal(letters.length, 2)
  for (const { reason } of letters) assert.match(reason, /you sent Authorization: Basic \S{6}\*\*\*.?=* with \*\*\*$/)
  const said = [kec.stderr, (await run(t, folder, 'status')).stdout, JSON.stringify(letters)].join()
  assert.doesNotMatch(said, /correct-horse|Y29ycmVjdC1ob3JzZ|jb3JyZWN0LWhvcnNl|Y29ycmVjdC1ob3JzZQ/)
})
