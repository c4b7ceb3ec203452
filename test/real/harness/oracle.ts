import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, Client, type Target } from '../../contract/client.ts'

/** One version of an event, as the API server acknowledged it. */
export interface Acknowledged {
  readonly uid: string
  readonly resourceVersion: string
  readonly count: number
}

/** An event that the oracle wrote. */
export interface Written {
  readonly namespace: string
  readonly name: string
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly kind: string
  /** Oldest first; one uid. */
  readonly versions: readonly Acknowledged[]
}

export interface RunOptions {
  /** Creates and updates together. */
  readonly writes: number
  /** Which share of them creates. Default 0.5. */
  readonly creates?: number
  /** Writes in flight. Default 16. */
  readonly concurrency?: number
  /** Writes a second, at most. Default: as many as the API server takes. */
  readonly rate?: number
  readonly signal?: AbortSignal
}

interface Entry extends Written {
  readonly versions: Acknowledged[]
  readonly isNew: boolean
  /** One write at a time, so that what is read back is what was written. */
  busy: boolean
}

const types = ['Normal', 'Normal', 'Warning'] as const
const reasons = ['Pulled', 'Scheduled', 'BackOff', 'Unhealthy', 'Killing']
const kinds = ['Pod', 'Pod', 'Deployment', 'Node']

/**
 * Writes events at full speed and knows what was acknowledged. A write whose answer was lost is read back, for as long as it takes the API
 * server to come back, so that nothing is in doubt. Counts are raised through core/v1, for events of both groups.
 */
export class Oracle {
  readonly #client: Client
  readonly #namespaces: readonly string[]
  readonly #prefix: string
  readonly #entries: Entry[] = []
  /** How many answers were lost and read back. */
  lost = 0
  /** How many writes were acknowledged. */
  written = 0

  /** The namespaces must be there. `prefix` begins every event's name. */
  constructor(target: Target, namespaces: readonly string[] = ['default'], prefix = 'oracle') {
    this.#client = new Client(target)
    this.#namespaces = namespaces
    this.#prefix = prefix
  }

  /** Everything that was acknowledged, by event. */
  get events(): readonly Written[] {
    return this.#entries.filter(({ versions }) => versions.length > 0)
  }

  /** Every acknowledged version. */
  get acknowledged(): readonly Acknowledged[] {
    return this.#entries.flatMap(({ versions }) => versions)
  }

  /** The newest version of each event. */
  get last(): readonly Acknowledged[] {
    return this.#entries.flatMap(({ versions }) => versions.slice(-1))
  }

  /** The sum of all counts: so often did something happen. */
  get occurrences(): number {
    return this.last.reduce((sum, { count }) => sum + count, 0)
  }

  /** Makes so many writes, spread over events. Ends early when the signal aborts; what is in flight is then finished. */
  async run({ writes, creates = 0.5, concurrency = 16, rate = Number.POSITIVE_INFINITY, signal }: RunOptions): Promise<void> {
    const start = performance.now()
    let begun = 0
    const worker = async (): Promise<void> => {
      while (begun < writes && !signal?.aborted) {
        begun++
        const early = start + (begun / rate) * 1000 - performance.now()
        if (early > 0) await sleep(early)
        const idle = Math.floor(begun * creates) > Math.floor((begun - 1) * creates) ? undefined : this.#idle(begun)
        await (idle ? this.#raise(idle) : this.create())
      }
    }
    await Promise.all(Array.from({ length: concurrency }, worker))
  }

  /** A new event; every other one through events.k8s.io/v1. */
  async create(): Promise<Written> {
    const number = this.#entries.length
    const kind = pick(kinds, number)
    const entry: Entry = {
      // Events of objects without a namespace live in default.
      namespace: kind === 'Node' ? 'default' : pick(this.#namespaces, number),
      name: `${this.#prefix}-${number}.${Date.now().toString(16)}`,
      type: pick(types, number),
      reason: pick(reasons, number),
      kind,
      isNew: number % 2 === 1,
      versions: [],
      busy: true,
    }
    this.#entries.push(entry)
    const body = entry.isNew ? newEvent(entry) : coreEvent(entry)
    await this.#settle(entry, 1, () => this.#client.post(collection(entry), body))
    entry.busy = false
    return entry
  }

  /** Raises the count of an event by one. */
  async update(event: Written): Promise<void> {
    const entry = this.#entries.find(({ name }) => name === event.name)
    if (!entry || entry.busy) throw new Error(`${event.name} is not the oracle's, or busy`)
    await this.#raise(entry)
  }

  close(): Promise<void> {
    return this.#client.close()
  }

  async #raise(entry: Entry): Promise<void> {
    entry.busy = true
    const count = (entry.versions.at(-1)?.count ?? 0) + 1
    await this.#settle(entry, count, () =>
      this.#client.patch(item(entry), { count, lastTimestamp: seconds(), message: `message ${count} of ${entry.name}` }),
    )
    entry.busy = false
  }

  /** An event that nobody writes just now; which one depends on `seed` only. */
  #idle(seed: number): Entry | undefined {
    const start = (seed * 7919) % Math.max(1, this.#entries.length)
    for (let i = 0; i < this.#entries.length; i++) {
      const entry = this.#entries[(start + i) % this.#entries.length]
      if (entry && !entry.busy && entry.versions.length > 0) return entry
    }
    return undefined
  }

  /** Writes until it is known that it was written. */
  async #settle(entry: Entry, count: number, write: () => Promise<Answer>): Promise<void> {
    for (;;) {
      const answer = await write().catch(() => undefined)
      const code = answer?.status ?? 0
      if (answer && (code === 200 || code === 201)) return this.#acknowledge(entry, answer, count)
      if (code === 429) {
        await sleep(Number(answer?.headers['retry-after'] ?? 1) * 1000)
        continue
      }
      if (answer && code < 500 && code !== 409) throw new Error(`${code} for ${entry.name}: ${JSON.stringify(answer.body)}`)
      this.lost++
      const found = await this.#readBack(entry)
      if (found?.status === 200 && countOf(found) === count) return this.#acknowledge(entry, found, count)
    }
  }

  #acknowledge(entry: Entry, { body }: Answer, count: number): void {
    entry.versions.push({ uid: body.metadata.uid, resourceVersion: body.metadata.resourceVersion, count })
    this.written++
  }

  async #readBack(entry: Entry): Promise<Answer> {
    for (;;) {
      const answer = await this.#client.get(item(entry)).catch(() => undefined)
      if (answer?.status === 200 || answer?.status === 404) return answer
      await sleep(50)
    }
  }
}

/** An event of events.k8s.io/v1 has no count until core/v1 gives it one. */
const countOf = ({ body }: Answer): number => body.count ?? 1

function pick<T>(values: readonly T[], number: number): T {
  const value = values[number % values.length]
  if (value === undefined) throw new Error('nothing to pick from')
  return value
}

const seconds = (): string => `${new Date().toISOString().slice(0, 19)}Z`

const collection = ({ isNew, namespace }: Entry): string => `${isNew ? '/apis/events.k8s.io/v1' : '/api/v1'}/namespaces/${namespace}/events`

const item = ({ namespace, name }: Entry): string => `/api/v1/namespaces/${namespace}/events/${name}`

function about({ kind, name, namespace }: Entry): object {
  const apiVersion = kind === 'Deployment' ? 'apps/v1' : 'v1'
  return { apiVersion, kind, name: `${kind.toLowerCase()}-of-${name}`, ...(kind !== 'Node' && { namespace }), uid: `uid-of-${name}` }
}

function coreEvent(entry: Entry): object {
  return {
    metadata: { name: entry.name },
    involvedObject: about(entry),
    type: entry.type,
    reason: entry.reason,
    message: `message 1 of ${entry.name}`,
    source: { component: 'oracle', host: 'oracle-host' },
    firstTimestamp: seconds(),
    lastTimestamp: seconds(),
    count: 1,
  }
}

function newEvent(entry: Entry): object {
  return {
    metadata: { name: entry.name },
    regarding: about(entry),
    type: entry.type,
    reason: entry.reason,
    action: 'Testing',
    note: `message 1 of ${entry.name}`,
    reportingController: 'kec.dev/oracle',
    reportingInstance: 'oracle-0',
    eventTime: new Date().toISOString().replace('Z', '000Z'),
  }
}
