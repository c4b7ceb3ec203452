import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testEvent, testEvents } from './index.ts'

test('an event is whole and frozen in depth; parts are merged into it', () => {
  const event = testEvent({ reason: 'Pulled', regarding: { kind: 'Node', namespace: '' }, related: { name: 'r' }, labels: { app: 'web' } })
  assert.equal(event.reason, 'Pulled')
  assert.deepEqual(event.regarding, { apiVersion: 'v1', kind: 'Node', namespace: '', name: 'web', uid: 'pod-1', fieldPath: '' })
  assert.deepEqual(event.related, { apiVersion: '', kind: '', namespace: '', name: 'r', uid: '', fieldPath: '' })
  for (const part of [event, event.regarding, event.labels, event.cluster, event.raw, event.raw.metadata]) assert.ok(Object.isFrozen(part))
  assert.equal(event.raw.reason, 'Pulled')
  assert.ok(!('raw' in JSON.parse(JSON.stringify(event))))
})

test('each has an id of its own, which follows from uid and resourceVersion', () => {
  const events = testEvents(20, n => ({ reason: `R${n}` }))
  assert.equal(new Set(events.map(({ id }) => id)).size, 20)
  assert.deepEqual([events[0]?.reason, events[19]?.reason], ['R1', 'R20'])
  assert.equal(testEvent({ uid: 'u', resourceVersion: '7', cluster: { uid: 'c' } }).id, 'c/u/7')
  assert.equal(testEvent({ id: 'mine', uid: 'u' }).id, 'mine')
})
