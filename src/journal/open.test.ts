import assert from 'node:assert/strict'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { decode } from '../../test/events.ts'
import { folderWith } from '../../test/folder.ts'
import type { KecError } from '../errors.ts'
import { openWhenFree } from './open.ts'
import { openJournal } from './sqlite.ts'

const never = new AbortController().signal
const unexpected = () => assert.fail('nobody has it')

test('a second kec waits for the first, says so once, and goes on where that one stopped', async context => {
  const file = join(folderWith(context, {}), 'journal.db')
  const first = await openWhenFree({ file, decode }, { signal: never, onWait: unexpected })
  first?.join('log', 'now')
  const waits: KecError[] = []
  let reported = () => {}
  const told = new Promise<void>(resolve => {
    reported = resolve
  })
  const waiting = openWhenFree(
    { file, decode },
    {
      signal: never,
      onWait: error => {
        waits.push(error)
        reported()
      },
    },
  )
  await told
  first?.append({ stream: '', records: [], position: 7, ledger: '', counts: { added: 7 } })
  first?.close()
  const second = await waiting
  assert.equal(second?.counts.added, 7)
  assert.deepEqual(
    waits.map(({ code }) => code),
    ['KEC_JOURNAL_LOCKED'],
  )
  assert.match(waits[0]?.message ?? '', new RegExp(`pid ${process.pid} on ${hostname()}`))
  second?.close()
})

test('after the limit it is refused; and whoever ends the wait gets nothing', async context => {
  const file = join(folderWith(context, {}), 'journal.db')
  const first = openJournal({ file, decode })
  let waits = 0
  const onWait = () => void waits++
  await assert.rejects(openWhenFree({ file, decode }, { signal: never, onWait, limit: 1_000 }), { code: 'KEC_JOURNAL_LOCKED' })
  assert.equal(waits, 1)
  const stop = new AbortController()
  assert.equal(await openWhenFree({ file, decode }, { signal: stop.signal, onWait: () => stop.abort() }), undefined)
  first.close()
})

test('what is wrong with the journal itself is not waited for', async context => {
  const file = join(folderWith(context, { 'journal.db': 'no database '.repeat(100) }), 'journal.db')
  await assert.rejects(openWhenFree({ file, decode }, { signal: never, onWait: unexpected }), { code: 'KEC_JOURNAL' })
})
