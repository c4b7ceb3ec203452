import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Access } from './access.ts'
import { Answer } from './answer.ts'
import { answerWrite } from './answer-write.ts'
import { discover } from './discovery.ts'
import type { Asked, Fault, Faults } from './faults.ts'
import { formFor } from './form.ts'
import { type Kind, keyOf } from './kind.ts'
import { list, selectedKeys } from './list.ts'
import { openapi } from './openapi.ts'
import { listOptions } from './options.ts'
import { type Route, route } from './route.ts'
import { ApiError, badRequest, noSuchPath, notFound } from './status.ts'
import type { Store } from './store.ts'
import { OpenWatch } from './watch.ts'

/** What the server works on; sandbox.ts owns it. */
export interface ServerState {
  readonly kinds: readonly Kind[]
  readonly storeOf: (kind: Kind) => Store
  readonly access: Access
  readonly faults: Faults
  readonly watches: Set<OpenWatch>
  readonly bookmarkEvery: number | undefined
  log(asked: Asked): void
}

/** Answers one HTTP request. Rejects if it cannot: the URL is none, or the answer had begun. */
export async function serve(state: ServerState, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://sandbox')
  const found = attempt(() => route(request.method ?? 'GET', url.pathname, url.searchParams, state.kinds))
  const asked = describe(request, url, found instanceof ApiError ? undefined : found)
  state.log(asked)
  const faults = state.faults.take(asked)
  const answer = new Answer(response, faults)
  try {
    if (await struck(answer, faults)) return
    if (['/healthz', '/livez', '/readyz'].includes(url.pathname)) return answer.text(200, 'ok')
    const user = state.access.authenticate(asked.token)
    if (found instanceof ApiError) throw found
    if (!found) return describeServer(state, answer, url.pathname)
    state.access.authorise(user, found)
    await handle(state, found, url.searchParams, request, answer, faults)
  } catch (error) {
    answer.refuse(error instanceof ApiError ? error : new ApiError(500, 'InternalError', String(error)))
  }
}

function attempt<T>(make: () => T): T | ApiError {
  try {
    return make()
  } catch (error) {
    return error instanceof ApiError ? error : badRequest(String(error))
  }
}

function describe(request: IncomingMessage, url: URL, found: Route | undefined): Asked {
  return {
    method: request.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    verb: found?.verb,
    group: found?.kind.group ?? '',
    resource: found?.kind.resource ?? '',
    namespace: found?.namespace ?? '',
    name: found?.name ?? '',
    token: /^Bearer (.*)$/.exec(request.headers.authorization ?? '')?.[1],
  }
}

/** Lets the faults strike that come before an answer; true if there is nothing left to answer. */
async function struck(answer: Answer, faults: readonly Fault[]): Promise<boolean> {
  for (const fault of faults) {
    if (fault.kind === 'hang') return true
    if (fault.kind === 'delay') await new Promise(resolve => setTimeout(resolve, fault.ms))
    if (fault.kind === 'drop') {
      answer.reset()
      return true
    }
    if (fault.kind === 'answer') {
      const { code, retryAfter, message = 'injected' } = fault
      const reasons: Readonly<Record<number, string>> = {
        401: 'Unauthorized',
        403: 'Forbidden',
        404: 'NotFound',
        410: 'Expired',
        429: 'TooManyRequests',
        500: 'InternalError',
        503: 'ServiceUnavailable',
        504: 'Timeout',
      }
      answer.refuse(new ApiError(code, reasons[code], message, {}, retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }))
      return true
    }
  }
  return false
}

function describeServer({ kinds }: ServerState, answer: Answer, path: string): void {
  const found = discover(path, kinds) ?? openapi(path, kinds)
  if (found !== undefined) answer.json(200, found)
  else if (path.startsWith('/api/') || kinds.some(({ group }) => path.startsWith(`/apis/${group}/`))) throw noSuchPath()
  else answer.text(404, '404 page not found\n')
}

async function handle(
  state: ServerState,
  found: Route,
  query: URLSearchParams,
  request: IncomingMessage,
  answer: Answer,
  faults: readonly Fault[],
): Promise<void> {
  const { storeOf, watches, bookmarkEvery } = state
  const { kind, namespace, name, verb } = found
  const store = storeOf(kind)
  const form = formFor(request.headers.accept, kind, query)
  switch (verb) {
    case 'list':
      return sendList(answer, list(store, found, query, form))
    case 'watch': {
      const rewind = faults.find(fault => fault.kind === 'rewind')?.changes ?? 0
      const error = faults.find(fault => fault.kind === 'error')
      const watch = new OpenWatch(answer, store, {
        kind,
        form,
        namespace,
        options: listOptions(query, kind, true),
        bookmarkEvery,
        rewind,
        error: error && { code: error.code, after: error.after ?? 0 },
      })
      watches.add(watch)
      answer.onClose(() => watches.delete(watch))
      return watch.start()
    }
    case 'get': {
      const object = store.get(keyOf(kind, namespace, name))
      if (!object) throw notFound(kind, name)
      return answer.json(200, form.one(object))
    }
    case 'create':
    case 'update':
    case 'patch':
    case 'delete':
      return answerWrite(storeOf, { ...found, verb }, query, request, answer, form)
    case 'deletecollection': {
      const deleted = list(store, found, query, form)
      for (const key of selectedKeys(store, found, query)) store.delete([key])
      return sendList(answer, deleted)
    }
  }
}

async function sendList(answer: Answer, pieces: Iterable<string>): Promise<void> {
  answer.head(200)
  for (const piece of pieces) {
    answer.write(piece)
    await answer.drained()
  }
  answer.end()
}
