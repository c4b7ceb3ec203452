import type { KubeEvent } from '@kec/plugin-api'

/** Labels that are not the user's to give. `job` may be given. */
export const ownLabels = ['cluster', 'namespace', 'type', 'kind'] as const

export type Labels = Readonly<Record<string, string>>

export interface Limits {
  readonly maxLabelValues: number
  readonly maxStreams: number
}

const other = 'other'

/**
 * What a label's value may look like; anything else is `other`. Namespaces, kinds and types do; and whoever makes events up can put nothing
 * into a label that Loki, which repeats labels in its answers, would then seem to say.
 */
const plain = /^[\w.-]{1,128}$/

/** The time after which an unused value makes room. Loki itself forgets idle streams after 30 min. */
const hour = 3_600_000

/** So many values at a time; one that was not used for an hour makes room for a new one. */
class Room {
  /** When each was last used; the longest unused one first. */
  readonly #used = new Map<string, number>()
  readonly #size: number

  constructor(size: number) {
    this.#size = size
  }

  takes(value: string, now: number): boolean {
    if (!this.#used.delete(value) && this.#used.size >= this.#size) {
      const [oldest] = this.#used
      if (oldest === undefined || now - oldest[1] < hour) return false
      this.#used.delete(oldest[0])
    }
    this.#used.set(value, now)
    return true
  }
}

/** The labels of events: job, cluster, namespace, type and kind, and the user's own; few values, whatever the events say. */
export class StreamLabels {
  readonly #fixed: Labels
  readonly #namespaces: Room
  readonly #kinds: Room
  readonly #streams: Room

  constructor(cluster: string, own: Labels, { maxLabelValues, maxStreams }: Limits) {
    this.#fixed = { job: 'kec', cluster, ...own }
    this.#namespaces = new Room(maxLabelValues)
    this.#kinds = new Room(maxLabelValues)
    this.#streams = new Room(maxStreams - 1) // the last one is of what found no room
  }

  /** A label that would be '' is left out, as Loki sees no difference. `now`: ms, of a clock that never jumps. */
  of({ namespace, type, regarding: { kind } }: KubeEvent, now: number): Labels {
    const label = (value: string, room: Room) => (value === '' || (plain.test(value) && room.takes(value, now)) ? value : other)
    const labels = {
      namespace: label(namespace, this.#namespaces),
      type: ['', 'Normal', 'Warning'].includes(type) ? type : other,
      kind: label(kind, this.#kinds),
    }
    const hasRoom = this.#streams.takes(Object.values(labels).join('/'), now)
    return filled({ ...this.#fixed, ...(hasRoom ? labels : { namespace: other, type: other, kind: other }) })
  }
}

/** Without what is ''. */
export function filled(fields: Labels): Labels {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''))
}
