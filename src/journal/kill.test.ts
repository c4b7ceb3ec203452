import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { decode, numberOf, record } from '../../test/events.ts'
import { folderWith } from '../../test/folder.ts'
import { openJournal } from './sqlite.ts'

const kills = 12

/** Appends and acknowledges for ever; says the newest number after each commit. Everything that it commits can be told from the head. */
function write(file: string): void {
  const journal = openJournal({ file, decode })
  let { seq } = journal.join('log', 'now')
  const start = journal.head
  for (let round = 0; ; round += 1) {
    const count = round % 40
    const from = journal.head + 1
    const records = Array.from({ length: count }, (_, index) => record(from + index, 500))
    const position = { head: from + count - 1 }
    journal.append({ stream: '', records, position, ledger: `up to ${position.head}`, counts: { added: count } })
    process.stdout.write(`${journal.head}\n`)
    if (round % 3 !== 0 || journal.head === start) continue
    const delivered = journal.head - seq
    seq = journal.head
    const state = new Map([['delivered', seq]])
    journal.acknowledge('log', { seq, retry: [], counts: { skipped: 0, delivered, expired: 0 }, rejected: [], state })
  }
}

if (process.argv[2] === 'write' && process.argv[3] !== undefined) write(process.argv[3])
else
  test(`after kill -9, ${kills} times: what was said to be there is there, and all of it agrees`, async context => {
    const file = join(folderWith(context, {}), 'journal.db')
    let said = 0
    for (let kill = 1; kill <= kills; kill += 1) {
      const child = spawn(process.execPath, [import.meta.filename, 'write', file], { stdio: ['ignore', 'pipe', 'inherit'] })
      const exit = once(child, 'exit')
      const until = said + 200 + ((kill * 373) % 1_000)
      for await (const line of createInterface({ input: child.stdout })) {
        said = Number(line)
        if (said >= until) child.kill('SIGKILL')
      }
      assert.deepEqual(await exit, [null, 'SIGKILL'])

      const journal = openJournal({ file, decode })
      const { head } = journal
      assert.ok(head >= said, `${said} was said, ${head} is there`)
      assert.deepEqual(journal.counts, { added: head, journaled: head })
      assert.deepEqual(journal.position(''), { head })
      const { joined, seq, retry, counts } = journal.join('log', 'now')
      assert.deepEqual(
        { joined, retry, counts },
        { joined: 0, retry: [], counts: { skipped: 0, delivered: seq, discarded: 0, expired: 0 } },
      )
      assert.equal(journal.state('log').get('delivered') ?? 0, seq)
      const found: number[] = []
      while (found.length < head) {
        const { first, events } = journal.read(found.length, 700)
        assert.equal(first, found.length + 1)
        found.push(...events.map(numberOf))
      }
      assert.deepEqual(
        found,
        Array.from({ length: head }, (_, index) => index + 1),
      )
      const ledger = [...journal.ledgerTail('').commits].at(-1)?.ledger
      assert.equal(ledger, `up to ${head}`)
      journal.close()
      said = head
    }
  })
