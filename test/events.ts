import type { KubeEvent } from '@kec/plugin-api'
import { normalise, type RawEvent } from '../src/event.ts'
import type { NewRecord } from '../src/journal/journal.ts'

const cluster = Object.freeze({ name: 'test', uid: 'c-1' })

/** The event that this line stands for. */
export function decode(line: string): KubeEvent {
  const raw = JSON.parse(line) as RawEvent // record() wrote it
  return normalise(raw, { change: 'created', historical: false, occurrences: 1, epoch: 1 }, cluster)
}

/** A record whose event says `n` in its reason; `pad` characters make it longer. */
export function record(n: number, pad = 0): NewRecord {
  const line = JSON.stringify({
    metadata: { uid: `e-${n}`, resourceVersion: String(n), namespace: 'default', name: `event-${n}` },
    type: n % 3 === 0 ? 'Warning' : 'Normal',
    reason: String(n),
    note: 'x'.repeat(pad),
  })
  return { event: decode(line), line: Buffer.from(line) }
}

/** What record() was called with. */
export function numberOf(event: KubeEvent): number {
  return Number(event.reason)
}
