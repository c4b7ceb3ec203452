import type { ApiRequest, ApiResponse, Cluster } from '../cluster/cluster.ts'
import type { RawEvent } from '../event.ts'
import { asFailure, Failure, failureOfResponse } from './failure.ts'
import { eventsPath, type Group, otherGroup, rightOf, type Selection, translate } from './groups.ts'
import { isVersion } from './version.ts'

export interface Page {
  readonly items: readonly RawEvent[]
  /** The version of the whole list, the same on each of its pages. */
  readonly version: string
  /** Asks for the next page; '' on the last. */
  readonly continue: string
  /** How many events are behind this page, if the API server says so: with selectors it does not. */
  readonly remaining: number | undefined
}

/** An event that the API server held when it was last heard of. A type, not an interface: it is JSON in the journal. */
export type HeldEvent = {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly version: string
}

/** A list's deadlines, in ms: with etcd down the API server lets a list hang. */
const listDeadlines = { headersTimeout: 30_000, bodyTimeout: 30_000 }

/** The requests of one stream. Throws Failure for whatever is not the answer that was asked for. */
export class EventsApi {
  readonly #cluster: Cluster
  readonly #selection: Selection
  readonly #onGroup: (group: Group) => void
  #group: Group = 'events.k8s.io/v1'

  /** `onGroup` is told when the other group is read from now on. */
  constructor(cluster: Cluster, selection: Selection, onGroup: (group: Group) => void) {
    this.#cluster = cluster
    this.#selection = selection
    this.#onGroup = onGroup
  }

  get group(): Group {
    return this.#group
  }

  async list(limit: number, from: string, signal: AbortSignal): Promise<Page> {
    return this.#listed({ limit, continue: from === '' ? undefined : from }, this.#selection, signal)
  }

  /** Was the event just so at that version? Throws Failure: gone if that version is compacted, ahead if it is yet to come. */
  async hadAt(event: HeldEvent, version: string, signal: AbortSignal): Promise<boolean> {
    const page = await this.#named(event, { resourceVersion: version, resourceVersionMatch: 'Exact' }, signal)
    return page.items.some(item => item.metadata?.uid === event.uid && item.metadata.resourceVersion === event.version)
  }

  /** The event as it is now, and the version of now. */
  async asItIsNow(event: HeldEvent, signal: AbortSignal): Promise<Page> {
    return this.#named(event, {}, signal)
  }

  /** The version of now. */
  async versionNow(signal: AbortSignal): Promise<string> {
    return (await this.#listed({ limit: 1 }, this.#selection, signal)).version
  }

  async watch(version: string, timeoutSeconds: number, signal: AbortSignal): Promise<ApiResponse> {
    const query = { watch: true, allowWatchBookmarks: true, resourceVersion: version, timeoutSeconds }
    return this.#ask('watch', query, this.#selection, { signal, headersTimeout: 30_000, bodyTimeout: 0 })
  }

  #named(event: HeldEvent, query: ApiRequest['query'], signal: AbortSignal): Promise<Page> {
    const { fieldSelector, labelSelector } = this.#selection
    const byName = `metadata.name=${event.name}`
    const selector = fieldSelector === undefined ? byName : `${fieldSelector},${byName}`
    return this.#listed({ ...query }, { namespace: event.namespace, fieldSelector: selector, labelSelector }, signal)
  }

  async #listed(query: ApiRequest['query'], selection: Selection, signal: AbortSignal): Promise<Page> {
    const response = await this.#ask('list', query, selection, { signal, ...listDeadlines })
    let list: { metadata?: { resourceVersion?: string; continue?: string; remainingItemCount?: number }; items?: RawEvent[] | null } | null
    try {
      list = JSON.parse(await response.body.text())
    } catch (error) {
      throw error instanceof SyntaxError ? new Failure('garbage', 'the API server sent a list that is not JSON') : asFailure(error)
    }
    const version = list?.metadata?.resourceVersion
    if (!isVersion(version)) throw new Failure('garbage', 'the API server sent a list without a version')
    return { items: list?.items ?? [], version, continue: list?.metadata?.continue ?? '', remaining: list?.metadata?.remainingItemCount }
  }

  /** Asks in the group that is read; on 404 or 403 in the other one, and stays with what answers. */
  async #ask(verb: 'list' | 'watch', query: ApiRequest['query'], selection: Selection, request: ApiRequest): Promise<ApiResponse> {
    const first = await this.#askIn(this.#group, query, selection, request)
    if (!(first instanceof Failure)) return first
    if (first.reason !== 'forbidden' && first.reason !== 'not_found') throw first
    const other = otherGroup(this.#group)
    const second = await this.#askIn(other, query, selection, request)
    if (!(second instanceof Failure)) {
      this.#group = other
      this.#onGroup(other)
      return second
    }
    if (second.reason !== 'forbidden' && second.reason !== 'not_found') throw second
    const needed = [this.#group, other].map(group => rightOf(verb, group, selection.namespace)).join(', or ')
    throw new Failure('forbidden', `the API server refuses both groups (${first.message}): grant ${needed}`)
  }

  async #askIn(group: Group, query: ApiRequest['query'], selection: Selection, request: ApiRequest): Promise<ApiResponse | Failure> {
    const { namespace, fieldSelector, labelSelector } = selection
    const selectors = { fieldSelector: fieldSelector === undefined ? undefined : translate(fieldSelector, group), labelSelector }
    let response: ApiResponse
    try {
      response = await this.#cluster.request(eventsPath(group, namespace), { ...request, query: { ...query, ...selectors } })
    } catch (error) {
      throw asFailure(error)
    }
    if (response.status === 200) return response
    const failure = await failureOfResponse(response)
    if (failure.reason !== 'unauthorized') return failure
    const { server, origin } = this.#cluster
    return new Failure('unauthorized', `${server} does not accept the credentials of ${origin}: ${failure.message}`)
  }
}
