import type { KubeEvent } from '@kec/plugin-api'

/** The fields of a line, in their order. The first nine are the predecessor's. */
export const fields = [
  'timestamp',
  'level',
  'message',
  'name',
  'reason',
  'host',
  'kind',
  'event_level',
  'count',
  'namespace',
  'id',
  'uid',
  'resource_version',
  'change',
  'occurrences',
  'historical',
  'cluster',
] as const

type Field = (typeof fields)[number]

function record(event: KubeEvent): Record<Field, string | number | boolean> {
  return {
    timestamp: event.time,
    level: event.type === 'Normal' ? 'info' : 'warn',
    message: event.message,
    name: event.regarding.name,
    reason: event.reason,
    host: event.source.host || event.reporting.instance,
    kind: event.regarding.kind,
    event_level: event.type,
    count: event.count,
    namespace: event.namespace,
    id: event.id,
    uid: event.uid,
    resource_version: event.resourceVersion,
    change: event.change,
    occurrences: event.occurrences,
    historical: event.historical,
    cluster: event.cluster.name,
  }
}

/** A batch as NDJSON. Safe to show on a terminal: JSON escapes what is below U+0020, and here the other control characters are, too. */
export function formatBatch(batch: readonly KubeEvent[], chosen: readonly Field[] | undefined): Buffer {
  const all = chosen === undefined || chosen.length === fields.length
  const only = all ? undefined : [...chosen]
  let text = ''
  for (const event of batch) text += `${JSON.stringify(record(event), only)}\n`
  const bytes = Buffer.from(text)
  return mayHaveControls(bytes) ? Buffer.from(text.replaceAll(controls, escaped)) : bytes
}

/** DEL, C1 (a terminal takes U+009B for ESC [), the line ends that JSON allows as they are, and what turns the direction of writing. */
const controls = /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** In UTF-8, C1 begin with C2, the others with E2 80 and E2 81: looking for these bytes costs next to nothing. */
function mayHaveControls(bytes: Buffer): boolean {
  return firstBytes.some(first => bytes.includes(first))
}

const firstBytes = [Buffer.from([0x7f]), Buffer.from([0xc2]), Buffer.from([0xe2, 0x80]), Buffer.from([0xe2, 0x81])]
