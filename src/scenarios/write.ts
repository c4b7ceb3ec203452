import type { Cluster } from '../cluster/cluster.ts'
import type { ApiObject } from '../generate/api.ts'
import { microTime, wholeTime } from '../generate/moment.ts'
import { countOf, seriesOf } from '../generate/repeats.ts'
import { eventIn, eventsPath, patch, send } from '../generate/send.ts'
import type { Draft } from './recorder.ts'

/** One of the two groups that events are written in. */
interface Form {
  readonly group: 'v1' | 'events.k8s.io/v1'
  /** The event as a whole. */
  whole(draft: Draft): object
  /** What changes with a repeat. */
  change(draft: Draft): object
}

const legacy: Form = {
  group: 'v1',
  whole: draft => ({
    involvedObject: draft.about,
    reason: draft.reason,
    message: draft.message,
    source: { component: draft.by.component, host: draft.by.host },
    ...countOf(draft.count, draft.first, draft.last),
    type: draft.type,
    reportingComponent: draft.by.component,
    reportingInstance: draft.by.host,
  }),
  // A combined event says its newest message.
  change: ({ count, last, message }) => ({ count, lastTimestamp: wholeTime(last), message }),
}

const series: Form = {
  group: 'events.k8s.io/v1',
  whole: draft => ({
    eventTime: microTime(draft.first),
    ...(draft.count > 1 && seriesOf(draft.count, draft.last)),
    reportingController: draft.by.component,
    reportingInstance: `${draft.by.component}-${draft.by.host || 'control-plane'}`,
    // This group needs an action; who uses the older recorder has none.
    action: draft.action ?? draft.reason,
    reason: draft.reason,
    regarding: draft.about,
    note: draft.message,
    type: draft.type,
  }),
  change: ({ count, last }) => seriesOf(count, last),
}

/** Writes an event as its recorder does, or all in the newer form: a new one, or what changed; anew where it is gone meanwhile. */
export async function write(
  cluster: Cluster,
  draft: Draft,
  inSeries: boolean,
  signal: AbortSignal,
): Promise<{ change: 'created' | 'updated'; object: ApiObject }> {
  const form = inSeries || draft.by.recorder === 'series' ? series : legacy
  const namespace = draft.about.namespace ?? 'default'
  const path = eventsPath(form.group, namespace)
  if (draft.count > 1) {
    const answer = await send(cluster, `${path}/${draft.eventName}`, patch(form.change(draft)), signal)
    if (answer.status !== 404) return { change: 'updated', object: eventIn(answer) }
  }
  const body = { apiVersion: form.group, kind: 'Event', metadata: { name: draft.eventName, namespace }, ...form.whole(draft) }
  return { change: 'created', object: eventIn(await send(cluster, path, { method: 'POST', body }, signal)) }
}
