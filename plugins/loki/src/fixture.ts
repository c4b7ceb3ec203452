import type { Delivery, KubeEvent } from '@kec/plugin-api'
import { kubeEvent } from '../../../test/kube-event.ts'

/** An event of a pod; `n` is its resource version, and tells it from others. */
export function eventOf(n: number, fields: Partial<KubeEvent> = {}): KubeEvent {
  return kubeEvent({ id: `c/u/${n}`, resourceVersion: String(n), firstTime: '2026-01-31T09:00:00Z', ...fields })
}

/** A delivery that keeps its marks, by the events' resource versions. */
export class Marks implements Delivery {
  readonly signal: AbortSignal
  attempt = 1
  readonly replay = false
  readonly rejected = new Map<string, string>()
  readonly retried: string[] = []
  readonly pauses: number[] = []

  constructor(signal: AbortSignal = new AbortController().signal) {
    this.signal = signal
  }

  reject({ resourceVersion }: KubeEvent, reason: string): void {
    this.rejected.set(resourceVersion, reason)
  }

  retry({ resourceVersion }: KubeEvent): void {
    this.retried.push(resourceVersion)
  }

  slowDown(ms: number): void {
    this.pauses.push(ms)
  }
}

/** How Loki refuses entries. */
export const words = {
  old: 'entry for stream \'{job="kec"}\' has timestamp too old: 2026-01-01T10:00:00Z, oldest acceptable timestamp is: 2026-01-24T10:00:00Z\n',
  new: 'entry for stream \'{job="kec"}\' has timestamp too new: 2026-01-31T10:20:00Z\n',
  behind:
    "entry with timestamp 2026-01-31 08:00:00 +0000 UTC ignored, reason: 'entry too far behind, entry timestamp is: 2026-01-31T08:00:00Z, " +
    "oldest acceptable timestamp is: 2026-01-31T09:00:00Z',\nuser 'fake', total ignored: 1 out of 3 for stream: {job=\"kec\"}\n",
  order:
    "entry with timestamp 2026-01-31 08:00:00 +0000 UTC ignored, reason: 'entry out of order',\nuser 'fake', total ignored: 1 out of 3 for stream: {job=\"kec\"}\n",
  long: "Max entry size '262144' bytes exceeded for stream '{job=\"kec\"}' while adding an entry with length '300000' bytes\n",
  metadata: "stream '{job=\"kec\"}' has structured metadata too large: '70000' bytes, limit: '65536' bytes. Please see `limits_config`\n",
  disallowed: 'stream \'{job="kec"}\' includes structured metadata, but this feature is disallowed. Please see `limits_config`\n',
}
