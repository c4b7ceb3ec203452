// `kec tail` beside a `kec start` that has the journal.
import assert from 'node:assert/strict'
import { renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Sandbox } from '../src/sandbox/sandbox.ts'
import { folderWith } from './folder.ts'
import { Command, Kec, linesOf, ownPort, place, run } from './kec.ts'

const create = (sandbox: Sandbox, name: string, reason: string, type = 'Normal') =>
  sandbox.store.create({ metadata: { name, namespace: 'default' }, message: `about ${name}`, reason, type })

const named = (stdout: string) => [...stdout.matchAll(/: about (\S+)$/gm)].map(match => match[1])
const names = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => `e${from + i}`)

test('the newest events, those that match, and those to come, while kec goes on', async t => {
  const { sandbox, folder } = await place(t, { journal: { dir: 'journal' }, filter: { drop: { reason: 'Pulled' } } })
  const kec = new Kec(t, folder)
  await kec.until(() => sandbox.watches.size === 1)
  for (const name of names(1, 30)) create(sandbox, name, name.endsWith('5') ? 'BackOff' : 'Started')
  create(sandbox, 'dropped', 'Pulled')
  create(sandbox, 'w1', 'BackOff', 'Warning')
  await kec.until(() => linesOf(kec.stdout).length === 31)

  assert.deepEqual(named((await run(t, folder, 'tail')).stdout), [...names(12, 30), 'w1'])
  assert.deepEqual(named((await run(t, folder, 'tail', '-n', '2')).stdout), ['e30', 'w1'])
  assert.equal((await run(t, folder, 'tail', '-n', '0')).stdout, '')
  assert.deepEqual(named((await run(t, folder, 'tail', '--since', '1h')).stdout), [...names(1, 30), 'w1'])
  const some = await run(t, folder, 'tail', '-n', '3', '--match', 'reason=Back*,type=Normal', '--match', 'name=nothing')
  assert.deepEqual(named(some.stdout), ['e5', 'e15', 'e25'])
  const json = linesOf((await run(t, folder, 'tail', '-n', '2', '-o', 'json')).stdout)
  assert.deepEqual(
    json.map(({ seq, reason, cluster }) => [seq, reason, cluster.name]),
    [
      [30, 'Started', 'sandbox'],
      [31, 'BackOff', 'sandbox'],
    ],
  )

  const follower = new Command(t, folder, ['tail', '-f', '-n', '1', '--match', 'reason=BackOff'])
  await follower.until(() => named(follower.stdout).length === 1)
  create(sandbox, 'x1', 'Started')
  create(sandbox, 'x2', 'BackOff')
  await follower.until(() => named(follower.stdout).length === 2)
  // kec is gone, and comes back: the file is the same.
  kec.signal('SIGKILL')
  await kec.end()
  const again = new Kec(t, folder)
  await again.until(() => sandbox.watches.size === 1)
  create(sandbox, 'x3', 'BackOff')
  await follower.until(() => named(follower.stdout).length === 3)
  assert.deepEqual(named(follower.stdout), ['w1', 'x2', 'x3'])
  follower.signal('SIGINT')
  assert.equal(await follower.end(), 0)
  assert.equal(follower.stderr, '')

  const deserted = new Command(t, folder, ['tail', '-f', '-n', '1'])
  await deserted.until(() => named(deserted.stdout).length === 1)
  renameSync(join(folder, 'journal/journal.db'), join(folder, 'journal/old.db'))
  assert.equal(await deserted.end(), 1)
  assert.match(deserted.stderr, /^error KEC_JOURNAL: The journal .*journal\.db was moved or deleted\.\n {2}\w/)
})

test('no journal: it says so, and makes none', async t => {
  const folder = folderWith(t, { 'kec.config.json': JSON.stringify({ ...ownPort, cluster: 'prod' }) })
  const { code, stdout, stderr } = await run(t, folder, 'tail')
  assert.deepEqual({ code, stdout }, { code: 1, stdout: '' })
  assert.match(stderr, /^error KEC_JOURNAL: There is no journal .*state\/kec\/prod\/journal\.db\.\n {2}\w/)
  assert.equal(statSync(join(folder, 'state'), { throwIfNoEntry: false }), undefined)
})

test('what events say moves no cursor and turns no line, in any form', async t => {
  const { sandbox, folder } = await place(t, { journal: { dir: 'journal' }, plugins: ['log', './puts-aside.ts'] })
  const hostile = 'a\u001b[31m\u0007\u009b31m\u202eb\u2028c\u061cd'
  writeFileSync(
    join(folder, 'puts-aside.ts'),
    `import { definePlugin } from '@kec/plugin-api'
    export default definePlugin({ name: 'puts-aside', apiVersion: 1, setup(kec) {
      kec.hooks.onEvent.tap('x', (batch, delivery) => {
        for (const event of batch) delivery.reject(event, event.message)
        if (batch.some(({ reason }) => reason === 'Thrown')) throw new Error(batch[0].message)
      })
    } })`,
  )
  const kec = new Kec(t, folder)
  await kec.until(() => sandbox.watches.size === 1)
  for (const reason of ['Rejected', 'Thrown'])
    sandbox.store.create({
      metadata: { name: reason.toLowerCase(), namespace: 'default', annotations: { note: hostile } },
      message: hostile,
      reason,
    })
  await kec.until(() => kec.log.filter(({ reason }) => reason === hostile).length === 2)
  const commands = [['tail'], ['dead-letters', 'list'], ['dead-letters', 'show', '--all'], ['status'], ['verify']]
  for (const words of commands)
    for (const form of [[], ['-o', 'json']]) {
      const { stdout, stderr } = await run(t, folder, ...words, ...form)
      assert.doesNotMatch(stdout + stderr, /(?!\n)[\p{Cc}\u061c\u2028-\u202e\u2066-\u2069]/u, `${words.join(' ')} ${form.join(' ')}`)
      if (form.length > 0 && words[0] === 'tail') assert.equal(linesOf(stdout)[0].message, hostile)
    }
  assert.doesNotMatch(kec.stderr, /(?!\n)[\p{Cc}\u061c\u2028-\u202e\u2066-\u2069]/u)
})
