import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Access, type Denial } from './access.ts'
import { EventStore } from './event-store.ts'
import { type Asked, Faults } from './faults.ts'
import { type Kind, keyOf } from './kind.ts'
import { builtInKinds, namespaces, plainKind } from './kinds.ts'
import { keepCompacting, keepExpiring } from './passing-time.ts'
import { serve } from './server.ts'
import { type Revisions, Store } from './store.ts'
import type { OpenWatch } from './watch.ts'

export interface SandboxOptions {
  /** Default: any that is free. It listens on 127.0.0.1 only. */
  readonly port?: number
  /** What its kubeconfig calls it, and kec its journal's folder. Default: sandbox. */
  readonly name?: string
  /** Default: a random one. */
  readonly token?: string
  /** Lets in who sends no token: kubectl sends none over plain HTTP. Default false. */
  readonly anonymous?: boolean
  /** The revision to begin with. Default 0. */
  readonly revision?: bigint
  /** Milliseconds between bookmarks on watches that allow them. Default: none, as the API server does for events. */
  readonly bookmarkEvery?: number
  /** Milliseconds that an event lives after it was last written. Default: for ever; the API server's is an hour. */
  readonly eventTtl?: number
  /** Milliseconds between compactions; history lasts so long, and up to twice. Default: for ever; the API server's is 5 minutes. */
  readonly compactEvery?: number
  /** How many requests are remembered. Default 100,000. */
  readonly keepRequests?: number
}

/** An object to add: its kind's fields beside its name and namespace. */
interface AddedObject {
  readonly name: string
  readonly namespace?: string
  readonly metadata?: { readonly uid?: string; readonly [field: string]: unknown }
  readonly [field: string]: unknown
}

/** A small API server in this process. */
export interface Sandbox extends AsyncDisposable {
  readonly url: string
  /** What clients must send. A new value makes the old one 401 from the next request on; open watches go on. */
  token: string
  /** The text of a kubeconfig with the token of now; for kubectl, client-node and kec. */
  readonly kubeconfig: string
  readonly store: EventStore
  readonly faults: Faults
  /** The watches that are open now. */
  readonly watches: ReadonlySet<OpenWatch>
  /** The newest requests, oldest first: as many as `keepRequests`. */
  readonly requests: readonly Asked[]
  /** Answers 403 to such requests, until the answer is called. */
  deny(denial: Denial): () => void
  /** Makes an object of any kind but events; its namespace must be there. Of metadata it takes labels, annotations and a uid. */
  add(resource: string, object: AddedObject): void
  /** Serves one more kind, as a CRD does. */
  register(names: Parameters<typeof plainKind>[0]): void
  /** Forgets the history before this revision, of now if none is given. */
  compact(revision?: bigint | string): void
  /** The events' etcd is lost: no events, revisions after `last` (default 0); open watches stay, and are silent until their version is passed. */
  replaceHistory(last?: bigint): void
  close(): Promise<void>
}

export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { keepRequests = 100_000 } = options
  const revisions: Revisions = { last: options.revision ?? 0n }
  const objects = new Store(revisions)
  const events = new Store(revisions)
  const kinds: Kind[] = [...builtInKinds]
  const access = new Access(options.token ?? randomBytes(16).toString('hex'), options.anonymous ?? false)
  const faults = new Faults()
  const watches = new Set<OpenWatch>()
  const requests: Asked[] = []
  const storeOf = ({ place }: Kind): Store => (place === 'events' ? events : objects)

  const add: Sandbox['add'] = (resource, { name, namespace, metadata, ...fields }) => {
    const kind = kinds.find(one => one.resource === resource)
    if (!kind || kind.place === 'events') throw new Error(`the sandbox has no kind ${resource}`)
    const object = kind.decode({ ...fields, metadata: { ...metadata, name, ...(namespace && { namespace }) } })
    objects.create(keyOf(kind, namespace ?? '', name), object, metadata?.uid)
  }
  for (const name of ['default', 'kube-node-lease', 'kube-public', 'kube-system']) {
    add(namespaces.resource, { name })
  }

  const log = (asked: Asked): void => {
    requests.push(asked)
    if (requests.length > keepRequests) requests.shift()
  }
  const state = { kinds, storeOf, access, faults, watches, bookmarkEvery: options.bookmarkEvery, log }
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    serve(state, request, response).catch(() => response.destroy())
  })
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on TCP
  const url = `http://127.0.0.1:${port}`

  function compact(revision?: bigint): void {
    for (const watch of watches) watch.flush()
    for (const store of [objects, events]) store.compact(revision ?? store.head)
  }
  const timers = [
    ...(options.eventTtl === undefined ? [] : [keepExpiring(events, options.eventTtl)]),
    ...(options.compactEvery === undefined ? [] : [keepCompacting(() => events.head, compact, options.compactEvery)]),
  ]

  async function close(): Promise<void> {
    for (const timer of timers) clearInterval(timer)
    for (const watch of watches) watch.cut()
    if (!server.listening) return
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }

  return {
    url,
    get token() {
      return access.token
    },
    set token(token) {
      access.token = token
    },
    get kubeconfig() {
      return kubeconfigFor(url, access.token, options.name)
    },
    store: new EventStore(events),
    faults,
    watches,
    requests,
    deny: denial => access.deny(denial),
    add,
    register: names => void kinds.push(plainKind(names)),
    compact: revision => compact(revision === undefined ? undefined : BigInt(revision)),
    replaceHistory(last = 0n) {
      for (const watch of watches) watch.flush()
      events.replace(last)
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** The text of the kubeconfig that leads to a sandbox. */
export function kubeconfigFor(server: string, token: string, name = 'sandbox'): string {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server } }],
    users: [{ name: 'sandbox', user: { token } }],
    contexts: [{ name: 'sandbox', context: { cluster: name, user: 'sandbox', namespace: 'default' } }],
    'current-context': 'sandbox',
  }
  return JSON.stringify(config, null, 2) // JSON is YAML
}
