import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startSandbox } from '../../src/sandbox/sandbox.ts'
import { Oracle } from '../real/harness/oracle.ts'
import { Client } from './client.ts'
import { Stream } from './stream.ts'

test('the oracle knows what was written, also where the answer was lost or the write refused', async () => {
  await using sandbox = await startSandbox()
  const client = new Client(sandbox)
  const stream = await Stream.open(client, `/api/v1/events?watch=1&resourceVersion=${sandbox.store.head}`)
  const oracle = new Oracle(sandbox)
  const isWrite = ({ verb }: { verb: string | undefined }) => verb === 'create' || verb === 'patch'
  let asked = 0
  const every = (nth: number) => (request: { verb: string | undefined }) => isWrite(request) && ++asked % nth === 0
  // Written, and the answer is lost.
  const lost = sandbox.faults.inject({ kind: 'truncate', bytes: 0 }, { when: every(7), times: 20 })
  // Not written, and the answer is lost.
  const dropped = sandbox.faults.inject({ kind: 'drop' }, { when: every(11), times: 20 })
  const failed = sandbox.faults.inject({ kind: 'answer', code: 500 }, { when: every(13), times: 20 })
  const throttled = sandbox.faults.inject({ kind: 'answer', code: 429, retryAfter: 0 }, { when: every(17), times: 20 })
  await oracle.run({ writes: 500 })
  await oracle.close()

  assert.equal(oracle.acknowledged.length, 500)
  for (const { struck } of [lost, dropped, failed, throttled]) assert.ok(struck > 0)
  const seen = (await stream.take(500)).map(
    ({ object }) => `${object.metadata.uid}@${object.metadata.resourceVersion}#${object.count ?? 1}`,
  )
  const known = oracle.acknowledged.map(({ uid, resourceVersion, count }) => `${uid}@${resourceVersion}#${count}`)
  assert.deepEqual(known.sort(), seen.sort())
  assert.equal(
    oracle.occurrences,
    sandbox.store.list().reduce((sum, { count }) => sum + (count || 1), 0),
  )
  await client.close()
})
