// The same pods stand before the real server in test/real/kubectl.test.ts; here is what it says of them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { podSpec, podStatuses } from '../../test/real/kubectl-objects.ts'
import { podColumns } from './pod-columns.ts'

/** Ready, status, restarts, and from the wide columns what is not <none>. */
const shown: Readonly<Record<string, string>> = {
  running: '1/1 Running 0 10.1.2.3',
  'crash-loop': '0/1 CrashLoopBackOff 7 (50m ago)',
  'restarted-at-no-time': '0/1 Running 2',
  creating: '0/1 ContainerCreating 0',
  completed: '0/1 Completed 0',
  'ended-by-code': '0/1 ExitCode:3 0',
  'ended-by-signal': '0/1 Signal:9 0',
  killed: '0/1 OOMKilled 0',
  evicted: '0/1 Evicted 0',
  gated: '0/1 SchedulingGated 0',
  'init-waiting': '0/1 Init:0/1 0',
  'init-crashing': '0/1 Init:CrashLoopBackOff 3 (50m ago)',
  'init-failed': '0/1 Init:ExitCode:2 0',
  'init-failed-with-reason': '0/1 Init:Error 0',
  'init-killed': '0/1 Init:Signal:9 0',
  'init-done': '0/1 PodInitializing 0',
  'half-completed': '1/2 NotReady 0',
  'half-ready': '1/2 Running 0',
  'two-reasons': '0/2 ErrImagePull 0',
  nominated: '0/1 Pending 0 worker-9',
  'gate-open': '1/1 Running 0 1/2',
}

const cells = (name: string, more: object = {}): string => {
  const creationTimestamp = new Date().toISOString()
  const metadata = { name, uid: 'u', resourceVersion: '1', creationTimestamp, ...more }
  const pod = { metadata, spec: podSpec(name), status: podStatuses[name] }
  const texts = podColumns.filter(({ name }) => !['Name', 'Age'].includes(name)).map(column => column.cell(pod, Date.now()))
  return texts.filter(text => text !== '<none>').join(' ')
}

test('a pod in each of its states has the word that kubectl users know', () => {
  assert.deepEqual(Object.fromEntries(Object.keys(podStatuses).map(name => [name, cells(name)])), shown)
})

test('a pod that is being deleted terminates, unless it has ended', () => {
  const deletionTimestamp = new Date().toISOString()
  assert.equal(cells('running', { deletionTimestamp }), '1/1 Terminating 0 10.1.2.3')
  assert.equal(cells('completed', { deletionTimestamp }), '0/1 Completed 0')
})
