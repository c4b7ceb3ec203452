export { type EventParts, testEvent, testEvents } from './event.ts'
export { type HandoverRecord, type LogLine, type RejectedEvent, startTestHost, type TestHost, type TestHostSettings } from './host.ts'
export type { MetricSample } from './metrics.ts'
