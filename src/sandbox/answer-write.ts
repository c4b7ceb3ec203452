import type { IncomingMessage } from 'node:http'
import type { Answer } from './answer.ts'
import { readObject, readPatch } from './body.ts'
import { dryRun, wantsDryRun } from './dry-run.ts'
import { checkFields, checkObject } from './field-validation.ts'
import type { Form } from './form.ts'
import type { Kind } from './kind.ts'
import type { Route } from './route.ts'
import type { Store } from './store.ts'
import { create, patch, remove, type StoreOf, update } from './write.ts'

const optionsOf = { create: 'CreateOptions', update: 'UpdateOptions', patch: 'PatchOptions', delete: 'DeleteOptions' } as const

/** A request to change one object. */
export interface WriteRoute extends Route {
  readonly verb: keyof typeof optionsOf
}

/** Does what the request asks, and answers it. Throws ApiError before it answers. */
export async function answerWrite(
  storeOf: (kind: Kind) => Store,
  route: WriteRoute,
  query: URLSearchParams,
  request: IncomingMessage,
  answer: Answer,
  form: Form,
): Promise<void> {
  const { kind, name, verb } = route
  const options = optionsOf[verb]
  const stores = (asked: unknown): StoreOf => (wantsDryRun(asked, options) ? of => dryRun(storeOf(of)) : storeOf)
  const asked = query.has('dryRun') ? query.getAll('dryRun') : undefined
  switch (verb) {
    case 'create': {
      const body = await readObject(request, kind)
      const warnings = checkObject(kind, body, query, options)
      return answer.json(201, form.one(create(stores(asked), route, body)), warned(warnings))
    }
    case 'update': {
      const body = await readObject(request, kind)
      const warnings = checkObject(kind, body, query, options)
      const { object, created } = update(stores(asked), route, body)
      return answer.json(created ? 201 : 200, form.one(object), warned(warnings))
    }
    case 'patch': {
      const body = await readPatch(request, kind)
      const { object, warnings } = patch(stores(asked), route, body, merged => checkFields(kind, merged, query, options))
      return answer.json(200, form.one(object), warned(warnings))
    }
    case 'delete': {
      const body = await readObject(request, kind, '{}')
      // Options in the body make those of the query void.
      const object = remove(stores(Object.keys(body).length > 0 ? body.dryRun : asked), route, body)
      const details = { name, ...(kind.group && { group: kind.group }), kind: kind.resource, uid: object.metadata.uid }
      return answer.json(200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details })
    }
  }
}

/** As HTTP has it for warnings of this kind. */
function warned(warnings: readonly string[]): Record<string, string> {
  return warnings.length === 0 ? {} : { warning: warnings.map(text => `299 - ${JSON.stringify(text)}`).join(', ') }
}
