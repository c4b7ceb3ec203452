import { fresh, type Stored } from './object.ts'
import { badRequest, invalid } from './status.ts'
import type { Store } from './store.ts'

/** The part of a store that writes work on. */
export type WritableStore = Pick<Store, 'get' | 'create' | 'update' | 'delete'>

/** Whether a client wants to see what would be, and no more. Throws ApiError 400 and 422 for what is none of the answers. */
export function wantsDryRun(asked: unknown, options: string): boolean {
  if (asked === undefined || asked === null) return false
  if (!Array.isArray(asked))
    throw badRequest(`json: cannot unmarshal ${typeof asked} into Go struct field ${options}.dryRun of type []string`)
  const wrong = asked.filter(value => value !== 'All')
  if (wrong.length === 0) return asked.length > 0
  const message = `Unsupported value: ${JSON.stringify(asked)}: supported values: "All"`
  throw invalid(`${options}.meta.k8s.io`, '', [{ reason: 'FieldValueNotSupported', message, field: 'dryRun' }])
}

/** The same store, but it keeps nothing that is written. */
export function dryRun(store: Store): WritableStore {
  return {
    get: key => store.get(key),
    create(_key, incoming) {
      const { metadata, ...rest } = fresh(incoming, '')
      const { resourceVersion: _, ...unversioned } = metadata
      return { ...rest, metadata: unversioned } as Stored // it goes to the client only, who sees that it has no version
    },
    update: (_key, _previous, next) => next,
    delete: () => undefined,
  }
}
