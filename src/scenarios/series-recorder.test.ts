import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Report } from './scenario.ts'
import { SeriesRecorder } from './series-recorder.ts'

const report = (message: string, name = 'web-0'): Report => ({
  by: { component: 'default-scheduler', host: '', recorder: 'series' },
  about: { apiVersion: 'v1', kind: 'Pod', name, namespace: 'shop', uid: name },
  type: 'Warning',
  reason: 'FailedScheduling',
  action: 'Scheduling',
  message,
})

test('the first repeat is written at once, whatever it says; later ones are not', () => {
  const recorder = new SeriesRecorder()
  const drafts = ['cpu', 'memory', 'cpu', 'cpu'].map((message, i) => recorder.record(report(message), i))
  assert.deepEqual(
    drafts.map(draft => draft && [draft.count, draft.message]),
    [[1, 'cpu'], [2, 'cpu'], undefined, undefined],
  )
  assert.equal(drafts[1]?.eventName, drafts[0]?.eventName)
})

test('a series that goes on is written every half hour', () => {
  const recorder = new SeriesRecorder()
  for (let at = 0; at < 1800; at += 60) {
    while (recorder.wakesAt <= at) assert.deepEqual(recorder.wake(recorder.wakesAt), [])
    recorder.record(report('cpu'), at)
  }
  assert.equal(recorder.wakesAt, 1800)
  assert.deepEqual(
    recorder.wake(1800).map(({ count }) => count),
    [30],
  )
  assert.equal(recorder.wakesAt, 2160)
})

test('a series that ended is written once more, and what comes then is a new event', () => {
  const recorder = new SeriesRecorder()
  const first = recorder.record(report('cpu'), 0)
  for (const at of [1, 2, 3]) recorder.record(report('cpu'), at)
  assert.deepEqual(recorder.wake(360), [], 'not for six minutes yet')
  assert.deepEqual(
    recorder.wake(720).map(({ count }) => count),
    [4],
  )
  const anew = recorder.record(report('cpu'), 721)
  assert.equal(anew?.count, 1)
  assert.notEqual(anew?.eventName, first?.eventName)
})

test('in the end every report is in the written count of one event, whatever comes', () => {
  const reports = fc.array(fc.tuple(fc.integer({ min: 0, max: 1000 }), fc.constantFrom('a', 'b', 'c')))
  fc.assert(
    fc.property(reports, given => {
      const recorder = new SeriesRecorder()
      const counts = new Map<string, number>()
      const note = (drafts: ReturnType<SeriesRecorder['wake']>) => {
        for (const { eventName, count } of drafts) {
          assert.ok(count > (counts.get(eventName) ?? 0))
          counts.set(eventName, count)
        }
      }
      let at = 0
      for (const [after, name] of given) {
        at += after
        while (recorder.wakesAt <= at) note(recorder.wake(recorder.wakesAt))
        const draft = recorder.record(report('cpu', name), at)
        if (draft) note([draft])
      }
      while (recorder.wakesAt < Number.POSITIVE_INFINITY) note(recorder.wake(recorder.wakesAt))
      assert.equal(
        [...counts.values()].reduce((sum, count) => sum + count, 0),
        given.length,
      )
    }),
  )
})
