import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Subject } from './contract.ts'
import { refusal } from './place.ts'

export function access(subject: Subject): void {
  test('a wrong token is 401', async () => {
    for (const path of ['/api/v1/events', '/api/v1/events?watch=1', '/api', '/apis/events.k8s.io/v1/nope']) {
      const answer = await subject.client.call('GET', path, { token: 'wrong' })
      assert.deepEqual(refusal(answer), { code: 401, reason: 'Unauthorized', message: 'Unauthorized' }, path)
    }
  })

  test('no token is nobody: 403 that names the missing right', async () => {
    const nobody = async (path: string) => {
      const answer = await subject.client.call('GET', path, { token: '' })
      return [refusal(answer).message, answer.body.reason, answer.body.details]
    }
    const cannot = (what: string, verb: string, resource: string, group: string, where: string) =>
      `${what} is forbidden: User "system:anonymous" cannot ${verb} resource "${resource}" in API group "${group}" ${where}`
    assert.deepEqual(await nobody('/api/v1/namespaces/default/events'), [
      cannot('events', 'list', 'events', '', 'in the namespace "default"'),
      'Forbidden',
      { kind: 'events' },
    ])
    assert.deepEqual(await nobody('/apis/events.k8s.io/v1/events?watch=1'), [
      cannot('events.events.k8s.io', 'watch', 'events', 'events.k8s.io', 'at the cluster scope'),
      'Forbidden',
      { group: 'events.k8s.io', kind: 'events' },
    ])
    assert.deepEqual(await nobody('/api/v1/namespaces/kube-system'), [
      cannot('namespaces "kube-system"', 'get', 'namespaces', '', 'in the namespace "kube-system"'),
      'Forbidden',
      { name: 'kube-system', kind: 'namespaces' },
    ])
  })

  test('health and version are for everybody', async () => {
    for (const path of ['/healthz', '/livez', '/readyz']) {
      assert.deepEqual([(await subject.client.call('GET', path, { token: '' })).body], ['ok'])
    }
    const version = await subject.client.call('GET', '/version', { token: '' })
    assert.equal(version.status, 200)
    assert.match(version.body.gitVersion, /^v1\./)
  })
}
