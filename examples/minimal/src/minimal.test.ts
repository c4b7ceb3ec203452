import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { conform, startTestHost, testEvents } from '@kec/plugin-api/testing'
import minimal from './index.ts'

const before = process.cwd()
const folder = mkdtempSync(join(tmpdir(), 'kec-minimal-'))
process.chdir(folder)
after(() => {
  process.chdir(before)
  rmSync(folder, { recursive: true })
})

test('each event is a line; what could not be written comes again', async () => {
  mkdirSync('events.ndjson') // stands in its way
  await using kec = await startTestHost(minimal())
  const events = testEvents(3)
  kec.feed(...events)
  await kec.settled()
  assert.match(kec.handovers[0]?.error?.message ?? '', /EISDIR/)
  assert.equal(kec.pending, 3)

  rmSync('events.ndjson', { recursive: true })
  await kec.advance(1_000)
  assert.deepEqual(kec.delivered, events)
  assert.equal(readFileSync('events.ndjson', 'utf8'), events.map(event => `${JSON.stringify(event)}\n`).join(''))
  assert.equal(statSync('events.ndjson').mode & 0o777, 0o600)
})

test('conforms', { timeout: 120_000 }, async () => {
  rmSync('events.ndjson')
  const received = () => (existsSync('events.ndjson') ? readFileSync('events.ndjson', 'utf8').trimEnd().split('\n') : [])
  await conform(minimal, { received: () => received().map(line => JSON.parse(line).id) })
})
