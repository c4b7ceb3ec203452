import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventsPath, translate } from './groups.ts'

test('selectors are said in the words of the group that is read', () => {
  const newer = 'regarding.kind=Pod,type!=Normal,reportingController=kubelet'
  const older = 'involvedObject.kind=Pod,type!=Normal,reportingComponent=kubelet'
  for (const either of [newer, older]) {
    assert.equal(translate(either, 'events.k8s.io/v1'), newer)
    assert.equal(translate(either, 'v1'), older)
  }
  assert.equal(translate('source=kubelet', 'events.k8s.io/v1'), 'reportingController=kubelet')
  assert.equal(translate('source=kubelet', 'v1'), 'source=kubelet')
})

test('a namespace can not leave its place in the path', () => {
  assert.equal(eventsPath('v1', '../../secrets'), '/api/v1/namespaces/..%2F..%2Fsecrets/events')
})
