import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LegacyRecorder } from './legacy-recorder.ts'
import type { Report } from './scenario.ts'

const report = (message: string, reason = 'Failed', name = 'web-0'): Report => ({
  by: { component: 'kubelet', host: 'worker-1', recorder: 'legacy' },
  about: { apiVersion: 'v1', kind: 'Pod', name, namespace: 'shop', uid: name },
  type: 'Warning',
  reason,
  message,
})

test('what is the same is counted, in one event with its first time', () => {
  const recorder = new LegacyRecorder()
  const first = recorder.record(report('no'), 0)
  const second = recorder.record(report('no'), 1)
  assert.deepEqual([first?.count, second?.count], [1, 2])
  assert.deepEqual([second?.eventName, second?.first], [first?.eventName, first?.first])
  assert.ok(first && second && second.last > first.last)
  assert.equal(recorder.record(report('yes'), 2)?.count, 1)
})

test('the tenth different message of a reason is combined with those after it', () => {
  const recorder = new LegacyRecorder()
  const drafts = Array.from({ length: 12 }, (_, i) => recorder.record(report(`no ${i}`), i))
  assert.deepEqual(
    drafts.map(draft => draft?.count),
    [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 3],
  )
  assert.equal(drafts[8]?.message, 'no 8')
  assert.equal(drafts[11]?.message, '(combined from similar events): no 11')
  assert.equal(drafts[11]?.eventName, drafts[9]?.eventName)
  assert.deepEqual(
    [recorder.record(report('no 9'), 12)?.count, recorder.record(report('no 11'), 12)?.message],
    [1, 'no 11'],
    'one of the last nine',
  )
  assert.equal(recorder.record(report('no 12', 'BackOff'), 12)?.message, 'no 12', 'another reason is not similar')
  assert.equal(recorder.record(report('no 13'), 13 + 601)?.message, 'no 13', 'after ten minutes without it, it begins anew')
})

test('25 writes about an object, then one in five minutes; what is not written is counted all the same', () => {
  const recorder = new LegacyRecorder()
  const written = Array.from({ length: 100 }, (_, i) => recorder.record(report('no'), i * 10)).flatMap(draft => draft?.count ?? [])
  assert.deepEqual(
    written.slice(0, 25),
    Array.from({ length: 25 }, (_, i) => i + 1),
  )
  assert.deepEqual(written.slice(25), [31, 61, 91])
  assert.equal(recorder.record(report('no', 'Failed', 'web-1'), 1000)?.count, 1, 'another object has a budget of its own')
})

test('each report is in the count of one event, whatever comes', () => {
  const reports = fc.array(fc.tuple(fc.integer({ min: 0, max: 15 }), fc.constantFrom('Failed', 'BackOff'), fc.constantFrom('a', 'b')))
  fc.assert(
    fc.property(reports, given => {
      const recorder = new LegacyRecorder()
      const counts = new Map<string, number>()
      // Slowly, so that every one is written.
      for (const [i, [message, reason, name]] of given.entries()) {
        const draft = recorder.record(report(`${message}`, reason, name), i * 300)
        assert.ok(draft)
        assert.equal(draft.count, (counts.get(draft.eventName) ?? 0) + 1)
        counts.set(draft.eventName, draft.count)
      }
      assert.equal(
        [...counts.values()].reduce((sum, count) => sum + count, 0),
        given.length,
      )
    }),
  )
})
