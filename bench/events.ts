// Varied events of about 1.4 KB, as kubelet, scheduler and controllers write them, with managedFields as the API server shows them.

const reasons = [
  ['Normal', 'Scheduled', 'Binding', 'default-scheduler', 'Successfully assigned {ns}/{pod} to {node}'],
  ['Normal', 'Pulling', 'Pulling', 'kubelet', 'Pulling image "registry.example.com/team/{app}:{tag}"'],
  [
    'Normal',
    'Pulled',
    'Pulled',
    'kubelet',
    'Successfully pulled image "registry.example.com/team/{app}:{tag}" in {ms}ms ({ms}ms including waiting)',
  ],
  ['Normal', 'Created', 'Created', 'kubelet', 'Created container: {app}'],
  ['Normal', 'Started', 'Started', 'kubelet', 'Started container {app}'],
  ['Warning', 'BackOff', 'BackOff', 'kubelet', 'Back-off restarting failed container {app} in pod {pod}_{ns}({id})'],
  [
    'Warning',
    'Unhealthy',
    'Probe',
    'kubelet',
    'Readiness probe failed: Get "http://10.{a}.{b}.{c}:8080/ready": dial tcp 10.{a}.{b}.{c}:8080: connect: connection refused',
  ],
  [
    'Warning',
    'FailedScheduling',
    'Scheduling',
    'default-scheduler',
    '0/{a} nodes are available: {b} Insufficient cpu, {c} node(s) had untolerated taint {node.kubernetes.io/unreachable: }.',
  ],
  ['Warning', 'FailedMount', 'Mount', 'kubelet', 'MountVolume.SetUp failed for volume "config-{id}" : configmap "{app}-config" not found'],
  ['Normal', 'Killing', 'Killing', 'kubelet', 'Stopping container {app}'],
] as const

/** xorshift32: the same events in every run. */
function random(seed: number): (below: number) => number {
  let state = seed
  return below => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

/** `count` events, each with a uid and a version of its own; the n-th has version `first` + n. */
export function* makeEvents(count: number, first: number): Generator<Record<string, unknown>> {
  const next = random(42)
  const hex = (digits: number) => Array.from({ length: digits }, () => next(16).toString(16)).join('')
  const uuid = () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`
  const begin = Date.parse('2026-01-01T00:00:00Z')
  for (let n = 0; n < count; n++) {
    const [type, reason, action, controller, text] = reasons[next(reasons.length)] ?? reasons[0]
    const app = `app-${next(200)}`
    const ns = `team-${next(40)}`
    const pod = `${app}-${hex(9)}-${hex(5)}`
    const node = `node-${next(500)}.example.com`
    const id = uuid()
    const words: Record<string, string | number> = {
      ns,
      pod,
      node,
      app,
      id,
      tag: `v1.${next(40)}.${next(20)}`,
      ms: next(20_000),
      a: next(256),
      b: next(256),
      c: next(256),
    }
    const note = text.replaceAll(/\{(\w+)\}/g, (whole, word: string) => String(words[word] ?? whole))
    const at = new Date(begin + n * 10).toISOString()
    const seconds = `${at.slice(0, 19)}Z`
    const repeated = type === 'Warning'
    yield {
      kind: 'Event',
      apiVersion: 'events.k8s.io/v1',
      metadata: {
        name: `${pod}.${hex(16)}`,
        namespace: ns,
        uid: uuid(),
        resourceVersion: String(first + n),
        creationTimestamp: seconds,
        managedFields: [
          {
            manager: controller === 'kubelet' ? 'kubelet' : 'kube-scheduler',
            operation: 'Update',
            apiVersion: 'events.k8s.io/v1',
            time: seconds,
            fieldsType: 'FieldsV1',
            fieldsV1: {
              'f:action': {},
              'f:eventTime': {},
              'f:note': {},
              'f:reason': {},
              'f:regarding': {
                'f:apiVersion': {},
                'f:fieldPath': {},
                'f:kind': {},
                'f:name': {},
                'f:namespace': {},
                'f:resourceVersion': {},
                'f:uid': {},
              },
              'f:reportingController': {},
              'f:reportingInstance': {},
              'f:series': { '.': {}, 'f:count': {}, 'f:lastObservedTime': {} },
              'f:type': {},
            },
          },
        ],
      },
      eventTime: `${at.slice(0, 23)}${String(next(1000)).padStart(3, '0')}Z`,
      ...(repeated ? { series: { count: 2 + next(50), lastObservedTime: `${at.slice(0, 23)}000Z` } } : {}),
      reportingController: controller,
      reportingInstance: controller === 'kubelet' ? node : `default-scheduler-${hex(5)}`,
      action,
      reason,
      regarding: {
        kind: 'Pod',
        namespace: ns,
        name: pod,
        uid: id,
        apiVersion: 'v1',
        resourceVersion: String(next(1e8)),
        fieldPath: `spec.containers{${app}}`,
      },
      note,
      type,
      deprecatedSource: { component: controller, host: node },
    }
  }
}
