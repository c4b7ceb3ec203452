import type { KubeEvent, ObjectReference } from '@kec/plugin-api'

/** What kec knows of one version of an event and the API server does not say. It stands beside the object in the journal. */
export interface EventFacts {
  readonly change: 'created' | 'updated'
  readonly historical: boolean
  readonly occurrences: number
  /** 1 until the API server's history is replaced. */
  readonly epoch: number
}

export interface ClusterIdentity {
  readonly name: string
  readonly uid: string
}

interface RawReference {
  apiVersion?: string
  kind?: string
  namespace?: string
  name?: string
  uid?: string
  fieldPath?: string
}

/**
 * An event as either API group sends it; every field may be missing. core/v1 differs by name only: involvedObject, message, source, count,
 * firstTimestamp, lastTimestamp, reportingComponent.
 */
export interface RawEvent {
  metadata?: {
    name?: string
    namespace?: string
    uid?: string
    resourceVersion?: string
    creationTimestamp?: string
    labels?: Record<string, string>
    annotations?: Record<string, string>
  }
  type?: string
  reason?: string
  action?: string
  eventTime?: string | null
  series?: { count?: number; lastObservedTime?: string | null } | null
  related?: RawReference | null
  reportingInstance?: string
  regarding?: RawReference
  note?: string
  reportingController?: string
  deprecatedSource?: { component?: string; host?: string }
  deprecatedCount?: number
  deprecatedFirstTimestamp?: string | null
  deprecatedLastTimestamp?: string | null
  involvedObject?: RawReference
  message?: string
  reportingComponent?: string
  source?: { component?: string; host?: string }
  count?: number
  firstTimestamp?: string | null
  lastTimestamp?: string | null
}

const none: Readonly<Record<string, string>> = Object.freeze({})
const nothing: RawReference = Object.freeze({})

/** How often the event happened so far: series.count, else count, else 1. Recorders may send 0 and less, which say nothing. */
export function countOf(raw: RawEvent): number {
  const count = raw.series?.count ?? raw.deprecatedCount ?? raw.count ?? 1
  return count > 0 ? count : 1
}

/** When its recorder saw it first, if it says so. */
export function firstTimeOf(raw: RawEvent): string | undefined {
  return raw.deprecatedFirstTimestamp ?? raw.firstTimestamp ?? raw.eventTime ?? undefined
}

function reference(raw: RawReference): ObjectReference {
  const { apiVersion = '', kind = '', namespace = '', name = '', uid = '', fieldPath = '' } = raw
  return Object.freeze({ apiVersion, kind, namespace, name, uid, fieldPath })
}

function freezeDeep(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return
  Object.freeze(value)
  for (const inner of Object.values(value)) freezeDeep(inner)
}

/** The one class behind KubeEvent. Its fields are its own, so that spreading and JSON.stringify show them; all is frozen. */
class NormalisedEvent implements KubeEvent {
  readonly id
  readonly cluster
  readonly uid
  readonly resourceVersion
  readonly change
  readonly historical
  readonly type
  readonly reason
  readonly action
  readonly message
  readonly count
  readonly occurrences
  readonly time
  readonly firstTime
  readonly lastTime
  readonly namespace
  readonly name
  readonly labels
  readonly annotations
  readonly regarding
  readonly related
  readonly reporting
  readonly source
  #source: EventSource

  constructor(raw: RawEvent, facts: EventFacts, cluster: ClusterIdentity, source: EventSource) {
    const { metadata = {} } = raw
    const { uid = '', resourceVersion = '', namespace = '', name = '', creationTimestamp = '', labels, annotations } = metadata
    const from = raw.deprecatedSource ?? raw.source ?? {}
    this.id = `${cluster.uid}/${uid}/${resourceVersion}${facts.epoch > 1 ? `@${facts.epoch}` : ''}`
    this.cluster = cluster
    this.uid = uid
    this.resourceVersion = resourceVersion
    this.change = facts.change
    this.historical = facts.historical
    this.type = raw.type ?? ''
    this.reason = raw.reason ?? ''
    this.action = raw.action ?? ''
    this.message = raw.note ?? raw.message ?? ''
    this.count = countOf(raw)
    this.occurrences = facts.occurrences
    this.firstTime = firstTimeOf(raw)
    this.lastTime = raw.series?.lastObservedTime ?? raw.deprecatedLastTimestamp ?? raw.lastTimestamp ?? undefined
    this.time = this.lastTime ?? raw.eventTime ?? this.firstTime ?? creationTimestamp
    this.namespace = namespace
    this.name = name
    this.labels = labels ? Object.freeze(labels) : none
    this.annotations = annotations ? Object.freeze(annotations) : none
    this.regarding = reference(raw.regarding ?? raw.involvedObject ?? nothing)
    this.related = raw.related ? reference(raw.related) : undefined
    this.reporting = Object.freeze({
      controller: raw.reportingController ?? raw.reportingComponent ?? '',
      instance: raw.reportingInstance ?? '',
    })
    this.source = Object.freeze({ component: from.component ?? '', host: from.host ?? '' })
    this.#source = source
    Object.freeze(this)
  }

  get raw(): Readonly<Record<string, unknown>> {
    if (typeof this.#source === 'string' || this.#source instanceof Uint8Array) {
      const frame: unknown = JSON.parse(typeof this.#source === 'string' ? this.#source : Buffer.from(this.#source).toString())
      this.#source = (frame as { object: RawEvent }).object // it was parsed before, when the event was made
    }
    freezeDeep(this.#source)
    return this.#source as Readonly<Record<string, unknown>> // what was parsed is an object; nothing is known of its fields
  }
}

/** What `raw` is made of: the object, or the watch frame that holds it. The bytes take a fifth of the memory, and few sinks look at `raw`. */
type EventSource = RawEvent | Uint8Array | string

/** The event in kec's own shape. `source` and `cluster` become part of it: nobody may change them afterwards. */
export function normalise(raw: RawEvent, facts: EventFacts, cluster: ClusterIdentity, source: EventSource = raw): KubeEvent {
  return new NormalisedEvent(raw, facts, cluster, source)
}

/**
 * An event as the journal keeps it, on one line: what kec knows of it, a tab, and the watch frame as the API server sent it.
 * `frame` must be JSON without a newline, the object under `object`.
 */
export function encodeRecord(facts: EventFacts, frame: Uint8Array): Uint8Array {
  const head = `["${facts.change}",${facts.historical},${facts.occurrences},${facts.epoch}]` // JSON; no text in it needs escaping
  const line = Buffer.allocUnsafe(head.length + 1 + frame.length)
  line.write(head, 'latin1')
  line[head.length] = tab
  line.set(frame, head.length + 1)
  return line
}

/** The frame in a record. */
export function frameOf(line: Uint8Array): Uint8Array {
  return line.subarray(line.indexOf(tab) + 1)
}

export function decodeRecord(line: string, cluster: ClusterIdentity): KubeEvent {
  const end = line.indexOf('\t')
  const [change, historical, occurrences, epoch]: [EventFacts['change'], boolean, number, number] = JSON.parse(line.slice(0, end))
  const frame = line.slice(end + 1)
  return normalise(JSON.parse(frame).object, { change, historical, occurrences, epoch }, cluster, frame)
}

const tab = 9
