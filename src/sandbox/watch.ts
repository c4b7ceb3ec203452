import type { Answer } from './answer.ts'
import type { Form } from './form.ts'
import { apiVersionOf, type Kind, prefixOf } from './kind.ts'
import type { Stored } from './object.ts'
import { type ListOptions, parseWatchVersion } from './options.ts'
import { ApiError, expired, internalError } from './status.ts'
import type { Change, Store } from './store.ts'

type FrameType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'

/** Bytes: who does not read for so long is gone, or should begin again. A real API server would grow. */
const mostWaiting = 64 * 1024 * 1024

export interface WatchSettings {
  readonly kind: Kind
  readonly form: Form
  readonly namespace: string
  readonly options: ListOptions
  /** Milliseconds between bookmarks, for those who allow them; undefined: none, as the API server does for events. */
  readonly bookmarkEvery: number | undefined
  /** So many changes are sent again. */
  readonly rewind: number
  /** An ERROR frame that ends the stream. */
  readonly error: { readonly code: number; readonly after: number } | undefined
}

/** A watch that a client has open. Tests may put anything into it. */
export class OpenWatch {
  readonly kind: Kind
  readonly namespace: string
  readonly #answer: Answer
  readonly #store: Store
  readonly #settings: WatchSettings
  readonly #timers: NodeJS.Timeout[] = []
  #cursor = 0n
  #frames = 0
  #waiting = ''
  #ended = false
  #scheduled = false
  #unsubscribe = (): void => undefined

  constructor(answer: Answer, store: Store, settings: WatchSettings) {
    this.kind = settings.kind
    this.namespace = settings.namespace
    this.#answer = answer
    this.#store = store
    this.#settings = settings
  }

  /** Throws ApiError before anything is sent, if at all. */
  start(): void {
    const { options, rewind, bookmarkEvery } = this.#settings
    const asked = parseWatchVersion(options.resourceVersion)
    this.#answer.onClose(() => this.#stop())
    this.#answer.head(200)
    if (asked !== 0n && asked + 1n < this.#store.compacted) {
      this.error(expired('The resourceVersion for the provided watch is too old.'))
      return
    }
    if (this.#settings.error?.after === 0) {
      this.#fail(this.#settings.error.code)
      return
    }
    if (options.timeoutSeconds !== undefined && options.timeoutSeconds < 0) {
      this.#answer.end()
      return
    }
    this.#cursor = asked === 0n ? this.#sendAll() : asked
    if (this.#ended) return
    if (rewind > 0) this.#cursor = this.#before(this.#cursor, rewind)
    const seconds = options.timeoutSeconds || 1800 * (1 + Math.random())
    this.#timers.push(setTimeout(() => this.end(), seconds * 1000))
    if (options.allowBookmarks && bookmarkEvery !== undefined) this.#timers.push(setInterval(() => this.bookmark(), bookmarkEvery))
    this.#unsubscribe = this.#store.onChange(() => this.#schedule())
    this.flush()
  }

  /** Sends what has changed until now. */
  flush(): void {
    this.#scheduled = false
    for (const change of this.#store.changesAfter(this.#cursor)) {
      this.#cursor = change.revision
      // etcd cannot give the version before, if it was compacted away; the API server then fails, again and again.
      if (change.previous && change.revision === this.#store.compacted) {
        this.error(missingPrevious(change))
        return
      }
      this.#push(this.#frameOf(change))
    }
    this.#writeWaiting()
  }

  /** Puts a frame into the stream, true or not. */
  send(type: FrameType, object: unknown): void {
    this.#answer.write(`${JSON.stringify({ type, object })}\n`)
  }

  /** Puts bytes into the stream. */
  sendBytes(bytes: string | Uint8Array): void {
    this.#answer.write(bytes)
  }

  bookmark(): void {
    this.flush()
    const { kind } = this
    this.send('BOOKMARK', { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata: { resourceVersion: String(this.#store.head) } })
  }

  /** An ERROR frame, and the end. */
  error(error: ApiError): void {
    this.#writeWaiting()
    this.send('ERROR', error.status)
    this.#answer.end()
    this.#stop()
  }

  /** The orderly end, as at timeoutSeconds. */
  end(): void {
    if (!this.#ended) this.flush()
    this.#answer.end()
    this.#stop()
  }

  /** The connection is gone in the middle. */
  cut(): void {
    this.#answer.cut()
    this.#stop()
  }

  /** What is there now, as ADDED; answers the revision at which it was. */
  #sendAll(): bigint {
    const { kind, namespace, options } = this.#settings
    const { head } = this.#store
    for (const { object } of this.#store.scan(prefixOf(kind, namespace), head)) {
      if (options.matches(object)) this.#push(this.#frame('ADDED', object))
    }
    return head
  }

  #before(revision: bigint, changes: number): bigint {
    const earlier = this.#store.changesAfter(0n).filter(change => change.revision <= revision)
    return (earlier.at(-changes)?.revision ?? earlier[0]?.revision ?? revision + 1n) - 1n
  }

  /** With a selector an object can enter and leave: that is ADDED and DELETED. */
  #frameOf({ key, object, previous, revision }: Change): string | undefined {
    const { kind, namespace, options } = this.#settings
    if (!key.startsWith(prefixOf(kind, namespace))) return undefined
    const before = previous !== undefined && options.matches(previous)
    if (object && options.matches(object)) return this.#frame(before ? 'MODIFIED' : 'ADDED', object)
    if (!before) return undefined
    return this.#frame('DELETED', { ...previous, metadata: { ...previous.metadata, resourceVersion: String(revision) } })
  }

  #frame(type: FrameType, object: Stored): string {
    return `{"type":"${type}","object":${JSON.stringify(this.#settings.form.one(object, this.#frames === 0))}}\n`
  }

  /** Frames wait to be written together: a write for each would be the slowest part. */
  #push(frame: string | undefined): void {
    if (frame === undefined || this.#ended) return
    this.#waiting += frame
    this.#frames++
    if (this.#settings.error?.after === this.#frames) this.#fail(this.#settings.error.code)
  }

  #writeWaiting(): void {
    if (this.#waiting) this.#answer.write(this.#waiting)
    this.#waiting = ''
    if (this.#answer.waiting > mostWaiting) this.cut()
  }

  #fail(code: number): void {
    this.error(code === 410 ? expired('too old resource version') : new ApiError(code, 'InternalError', 'injected'))
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => this.#ended || this.flush())
  }

  #stop(): void {
    this.#ended = true
    this.#unsubscribe()
    for (const timer of this.#timers) clearTimeout(timer)
  }
}

function missingPrevious({ key, revision, object }: Change): ApiError {
  const type = object ? 'PUT' : 'DELETE'
  return internalError(`etcd event received with PrevKv=nil (key="/registry/${key}", modRevision=${revision}, type=${type})`)
}
