import type { KubeEvent, ObjectReference } from '../event.ts'

type Part = 'cluster' | 'regarding' | 'related' | 'reporting' | 'source'

/** What is to be different in a test's event. Of a nested part, what is left out stays. */
export type EventParts = Partial<Omit<KubeEvent, Part>> & {
  readonly cluster?: Partial<KubeEvent['cluster']>
  readonly regarding?: Partial<ObjectReference>
  readonly related?: Partial<ObjectReference> | undefined
  readonly reporting?: Partial<KubeEvent['reporting']>
  readonly source?: Partial<KubeEvent['source']>
}

let made = 0

const nothing: ObjectReference = { apiVersion: '', kind: '', namespace: '', name: '', uid: '', fieldPath: '' }

/**
 * A whole event, frozen in depth as kec's are: a warning about a pod, unless told otherwise. Each call makes another event, with a uid,
 * resourceVersion and id of its own; the id follows from these two.
 */
export function testEvent(parts: EventParts = {}): KubeEvent {
  const n = ++made
  const cluster = { name: 'test', uid: 'test-cluster', ...parts.cluster }
  const { uid = `event-${n}`, resourceVersion = String(n) } = parts
  const event = {
    change: 'created' as const,
    historical: false,
    type: 'Warning',
    reason: 'BackOff',
    action: '',
    message: `Back-off restarting failed container (${n})`,
    count: 1,
    occurrences: 1,
    time: new Date(Date.UTC(2026, 0, 1) + n * 1000).toISOString().replace('.000Z', 'Z'),
    firstTime: undefined,
    lastTime: undefined,
    namespace: 'default',
    name: `web.${n}`,
    labels: {},
    annotations: {},
    ...parts,
    id: parts.id ?? `${cluster.uid}/${uid}/${resourceVersion}`,
    cluster,
    uid,
    resourceVersion,
    regarding: { ...nothing, apiVersion: 'v1', kind: 'Pod', namespace: 'default', name: 'web', uid: 'pod-1', ...parts.regarding },
    related: parts.related && { ...nothing, ...parts.related },
    reporting: { controller: 'kubelet', instance: 'node-1', ...parts.reporting },
    source: { component: 'kubelet', host: 'node-1', ...parts.source },
  }
  // Not enumerable, as in kec: spreading and JSON.stringify leave it out.
  Object.defineProperty(event, 'raw', { value: parts.raw ?? rawOf(event), enumerable: false })
  return deepFreeze(event as typeof event & Pick<KubeEvent, 'raw'>) // defined just now
}

/** So many events; `parts` says what is different in each, counted from 1. */
export function testEvents(count: number, parts: (n: number) => EventParts = () => ({})): KubeEvent[] {
  return Array.from({ length: count }, (_, i) => testEvent(parts(i + 1)))
}

/** As events.k8s.io/v1 has it. */
function rawOf(event: Omit<KubeEvent, 'raw'>): Record<string, unknown> {
  const { uid, resourceVersion, namespace, name, labels, annotations, type, reason, action, message, time, regarding, related, reporting } =
    event
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp: time, labels: { ...labels }, annotations: { ...annotations } },
    eventTime: time,
    reportingController: reporting.controller,
    reportingInstance: reporting.instance,
    action,
    reason,
    regarding: { ...regarding },
    ...(related && { related: { ...related } }),
    note: message,
    type,
    deprecatedSource: { ...event.source },
    deprecatedCount: event.count,
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  Object.freeze(value)
  for (const key of Reflect.ownKeys(value)) deepFreeze(Reflect.get(value, key))
  return value
}
