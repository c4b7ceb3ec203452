// What the kubectl tests put into both servers.

const ago = (minutes: number): string => `${new Date(Date.now() - minutes * 60_000).toISOString().slice(0, 19)}Z`
const fine = (time: string): string => time.replace('Z', '.000000Z')

const meta = (name: string, more: object = {}) => ({ name, namespace: 'shop', ...more })
const container = { name: 'web', image: 'nginx:1.27' }
const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [container] } }
/** What the real server's admission would add. */
const tolerations = ['not-ready', 'unreachable'].map(why => ({
  ...{ key: `node.kubernetes.io/${why}`, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
}))
const selector = { matchLabels: { app: 'web' } }

export const objects = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'states' } },
  { apiVersion: 'v1', kind: 'Node', metadata: { name: 'worker-1', labels: { 'node-role.kubernetes.io/control-plane': '' } } },
  { apiVersion: 'apps/v1', kind: 'Deployment', metadata: meta('web'), spec: { replicas: 2, selector, template } },
  {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: meta('web-1', { labels: { app: 'web' } }),
    spec: { replicas: 2, selector, template },
  },
  // The last one: events are about it.
  {
    ...{ apiVersion: 'v1', kind: 'Pod', metadata: meta('web-0', { labels: { app: 'web' } }) },
    spec: { containers: [container], tolerations, priority: 0 },
  },
]

const running = { running: { startedAt: ago(60) } }
const ended = (more: object) => ({ terminated: { exitCode: 0, startedAt: ago(60), finishedAt: ago(50), ...more } })
const status = (state: object, more: object = {}) => ({
  ...{ name: 'web', image: 'nginx', imageID: 'nginx', ready: false, restartCount: 0, state, lastState: {} },
  ...more,
})
const phase = (name: string, containerStatuses: readonly object[], more: object = {}) => ({ phase: name, containerStatuses, ...more })
const conditions = (...types: string[]) => ({ conditions: types.map(type => ({ type, status: 'True' })) })
const beginning = (init: object) => ({
  ...phase('Pending', [status({ waiting: { reason: 'PodInitializing' } })]),
  initContainerStatuses: [init],
})
const init = (state: object, more: object = {}) => status(state, { name: 'first', ...more })

/** Pods in all the states that have a word of their own. */
export const podStatuses: Readonly<Record<string, object>> = {
  running: phase('Running', [status(running, { ready: true })], { podIP: '10.1.2.3', podIPs: [{ ip: '10.1.2.3' }] }),
  'crash-loop': phase('Running', [
    status({ waiting: { reason: 'CrashLoopBackOff' } }, { restartCount: 7, lastState: ended({ exitCode: 1, reason: 'Error' }) }),
  ]),
  'restarted-at-no-time': phase('Running', [status(running, { restartCount: 2 })]),
  creating: phase('Pending', [status({ waiting: { reason: 'ContainerCreating' } })]),
  completed: phase('Succeeded', [status(ended({ reason: 'Completed' }))]),
  'ended-by-code': phase('Failed', [status(ended({ exitCode: 3 }))]),
  'ended-by-signal': phase('Failed', [status(ended({ exitCode: 137, signal: 9 }))]),
  killed: phase('Failed', [status(ended({ exitCode: 137, reason: 'OOMKilled' }))]),
  evicted: { phase: 'Failed', reason: 'Evicted' },
  gated: { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] },
  'init-waiting': beginning(init({ waiting: { reason: 'PodInitializing' } })),
  'init-crashing': beginning(init({ waiting: { reason: 'CrashLoopBackOff' } }, { restartCount: 3, lastState: ended({ exitCode: 1 }) })),
  'init-failed': beginning(init(ended({ exitCode: 2 }))),
  'init-failed-with-reason': beginning(init(ended({ exitCode: 2, reason: 'Error' }))),
  'init-killed': beginning(init(ended({ exitCode: 137, signal: 9 }))),
  'init-done': beginning(init(ended({ reason: 'Completed' }), { ready: true })),
  'half-completed': phase('Running', [status(ended({ reason: 'Completed' })), status(running, { name: 'side', ready: true })]),
  'half-ready': phase(
    'Running',
    [status(ended({ reason: 'Completed' })), status(running, { name: 'side', ready: true })],
    conditions('Ready'),
  ),
  'two-reasons': phase('Running', [status({ waiting: { reason: 'ErrImagePull' } }), status(ended({ exitCode: 5 }), { name: 'side' })]),
  nominated: { phase: 'Pending', nominatedNodeName: 'worker-9' },
  'gate-open': phase('Running', [status(running, { ready: true })], conditions('kec.dev/gate')),
}
export const podSpec = (name: string) => ({
  containers: [container, ...(/^(half|two)/.test(name) ? [{ ...container, name: 'side' }] : [])],
  ...(name.startsWith('init') && { initContainers: [{ ...container, name: 'first' }] }),
  ...(name.startsWith('gate-') && { readinessGates: [{ conditionType: 'kec.dev/gate' }, { conditionType: 'kec.dev/other' }] }),
})
const expressive = {
  ...selector,
  matchExpressions: [
    { key: 'app', operator: 'In', values: ['web', 'api'] },
    { key: 'tier', operator: 'NotIn', values: ['b'] },
    { key: 'app', operator: 'Exists' },
    { key: 'old', operator: 'DoesNotExist' },
  ],
}
const rolling = { replicas: 3, readyReplicas: 2, updatedReplicas: 1, availableReplicas: 2 }

/** Objects with a status, which a client can give to the real server in a second step only. */
export const withStatus = [
  ...Object.entries(podStatuses).map(([name, state]) => ({ resource: 'pods', name, spec: podSpec(name), status: state })),
  ...['deployments', 'replicasets'].map(resource => ({
    ...{ resource, name: 'web', spec: { replicas: 3, selector: expressive, template } },
    status: resource === 'deployments' ? rolling : { replicas: 3, readyReplicas: 2, availableReplicas: 2 },
  })),
  ...['True', 'False', 'Unknown'].map(ready => ({
    ...{ resource: 'nodes', name: `node-${ready.toLowerCase()}`, spec: { unschedulable: ready === 'False' } },
    status: {
      conditions: [{ type: 'Ready', status: ready }],
      addresses: [{ type: 'InternalIP', address: '10.0.0.7' }],
      nodeInfo: { kubeletVersion: 'v1.36.1', osImage: 'Debian', kernelVersion: '6.12', containerRuntimeVersion: 'containerd://2' },
    },
  })),
]

export const backOff = (uid: string) => ({
  ...{ apiVersion: 'v1', kind: 'Event', metadata: meta('web-0.1') },
  involvedObject: { ...{ kind: 'Pod', namespace: 'shop', name: 'web-0', uid }, apiVersion: 'v1', fieldPath: 'spec.containers{web}' },
  ...{ type: 'Warning', reason: 'BackOff', message: 'Back-off restarting failed container', count: 12 },
  source: { component: 'kubelet', host: 'worker-1' },
  ...{ firstTimestamp: ago(200), lastTimestamp: ago(30) },
})

export const scheduled = (uid: string) => ({
  ...{ apiVersion: 'events.k8s.io/v1', kind: 'Event', metadata: meta('web-0.2') },
  regarding: { kind: 'Pod', namespace: 'shop', name: 'web-0', uid, apiVersion: 'v1' },
  ...{ type: 'Normal', reason: 'Scheduled', action: 'Binding', note: 'Successfully assigned shop/web-0 to worker-1' },
  ...{ reportingController: 'default-scheduler', reportingInstance: 'default-scheduler-0', eventTime: fine(ago(210)) },
  series: { count: 3, lastObservedTime: fine(ago(20)) },
})

export const event = (name: string, more: object = {}) => ({
  ...{ apiVersion: 'v1', kind: 'Event', metadata: meta(name) },
  involvedObject: { kind: 'Pod', namespace: 'shop', name: 'web-0', apiVersion: 'v1' },
  ...{ reason: 'Testing', message: 'made by hand', type: 'Normal', firstTimestamp: ago(15), lastTimestamp: ago(15) },
  ...more,
})

export const files = {
  'event.json': event('made'),
  'mistyped.json': event('mistyped', { reasn: 'x', metadata: meta('mistyped', { lables: {} }) }),
  'elsewhere.json': event('elsewhere', { metadata: { name: 'elsewhere', namespace: 'nowhere' } }),
  'late.json': event('late', { firstTimestamp: 'yesterday' }),
  'applied.json': event('applied', { count: 1 }),
  'changed.json': event('applied', { count: 2, message: 'changed' }),
}
