import { type EventBody, emptyEvent, type StoredEvent } from './event.ts'
import { keyOf } from './kind.ts'
import { coreEvents } from './kinds.ts'
import type { Metadata } from './object.ts'
import type { Store } from './store.ts'

/** An event in the fields of core/v1; what is left out is empty. The namespace is `default` unless given. */
export type EventDraft = Partial<EventBody> & { readonly metadata: Partial<Metadata> & { readonly name: string } }

/** The events of a sandbox in process: no HTTP, and nothing is validated. Whoever watches sees what is done here. */
export class EventStore {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  /** The newest revision, as a list would give it. */
  get head(): string {
    return String(this.#store.head)
  }

  /** Throws if it is there. */
  create({ metadata, ...fields }: EventDraft): StoredEvent {
    const { namespace = 'default', name } = metadata
    const key = keyOf(coreEvents, namespace, name)
    if (this.#store.get(key)) throw new Error(`event ${namespace}/${name} is there already`)
    return this.#store.create(key, { ...emptyEvent, ...fields, metadata: { ...metadata, namespace } }) as StoredEvent // what went in comes out
  }

  /** Changes these fields; labels and annotations are replaced. Throws if it is not there. */
  update(
    name: string,
    { metadata = {}, ...fields }: Partial<EventBody> & { readonly metadata?: Partial<Metadata> },
    namespace = 'default',
  ): StoredEvent {
    const key = keyOf(coreEvents, namespace, name)
    const previous = this.#store.get(key)
    if (!previous) throw new Error(`there is no event ${namespace}/${name}`)
    const next = { ...previous, ...fields, metadata: { ...previous.metadata, ...metadata } }
    return this.#store.update(key, previous, next) as StoredEvent // as above
  }

  /** Deletes these in one revision, as their TTL does. Names that are not there are passed over. */
  delete(names: string | readonly string[], namespace = 'default'): void {
    this.#store.delete([names].flat().map(name => keyOf(coreEvents, namespace, name)))
  }

  get(name: string, namespace = 'default'): StoredEvent | undefined {
    return this.#store.get(keyOf(coreEvents, namespace, name)) as StoredEvent | undefined // as above
  }

  /** Every event that is there, in the order of namespace and name. */
  list(): StoredEvent[] {
    return [...this.#store.scan('events/', this.#store.head)].map(({ object }) => object as StoredEvent) // as above
  }
}
