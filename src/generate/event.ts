import { hostname } from 'node:os'
import { eventName, microTime, now } from './moment.ts'
import type { Target } from './target.ts'
import type { Wish } from './wish.ts'

/** An event as events.k8s.io/v1 takes it. */
export function newEvent({ namespace, regarding }: Target, { type, action, reason, message }: Wish) {
  const time = now()
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: eventName(regarding.name, time), namespace },
    eventTime: microTime(time),
    type,
    reason,
    action,
    note: message,
    regarding,
    reportingController: 'k8s-event-generator',
    reportingInstance: hostname().slice(0, 128) || 'kec',
  }
}
