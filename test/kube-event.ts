import type { KubeEvent } from '@kec/plugin-api'

/** A warning about a pod as a plugin gets it, and what is to be different. */
export function kubeEvent(own: Partial<KubeEvent> = {}): KubeEvent {
  return {
    id: 'c/u/7',
    cluster: { name: 'prod', uid: 'c' },
    uid: 'u',
    resourceVersion: '7',
    change: 'updated',
    historical: false,
    type: 'Warning',
    reason: 'BackOff',
    action: '',
    message: 'Back-off restarting',
    count: 3,
    occurrences: 2,
    time: '2026-01-31T10:00:00Z',
    firstTime: undefined,
    lastTime: undefined,
    namespace: 'shop',
    name: 'web.17',
    labels: {},
    annotations: {},
    regarding: { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'web', uid: 'p', fieldPath: '' },
    related: undefined,
    reporting: { controller: 'kubelet', instance: 'node-2' },
    source: { component: 'kubelet', host: '' },
    raw: {},
    ...own,
  }
}
