import type { Verb } from './route.ts'

/** A request as it came, for those who choose where a fault strikes, and for the log. */
export interface Asked {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  /** Undefined for what names no objects. */
  readonly verb: Verb | undefined
  readonly group: string
  readonly resource: string
  readonly namespace: string
  readonly name: string
  readonly token: string | undefined
}

export type Fault =
  /** The connection is reset before an answer. */
  | { readonly kind: 'drop' }
  /** No answer ever; the connection stays open. */
  | { readonly kind: 'hang' }
  /** The answer comes later. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** A refusal with this status code; `retryAfter` is in seconds. */
  | { readonly kind: 'answer'; readonly code: number; readonly retryAfter?: number; readonly message?: string }
  /** The body ends after so many bytes, and the connection with it: a half line, a half list. */
  | { readonly kind: 'truncate'; readonly bytes: number }
  /** These bytes come before the true body. */
  | { readonly kind: 'garbage'; readonly bytes: string | Uint8Array }
  /** A watch: begins so many changes before what was asked: frames come twice, and old ones again. */
  | { readonly kind: 'rewind'; readonly changes: number }
  /** A watch: an ERROR frame with this code after so many frames (0), and the end of the stream. */
  | { readonly kind: 'error'; readonly code: number; readonly after?: number }

export interface FaultOptions {
  /** Which requests it strikes. Default: all. */
  readonly when?: (request: Asked) => boolean
  /** How many of them. Default 1. */
  readonly times?: number
}

/** A fault that is waiting for its requests. */
export interface Pending {
  /** How many requests it has struck. */
  readonly struck: number
  remove(): void
}

/** Faults on demand. Where several wait for one request, all strike. */
export class Faults {
  #pending: { fault: Fault; when: (request: Asked) => boolean; left: number; struck: number }[] = []

  inject(fault: Fault, { when = () => true, times = 1 }: FaultOptions = {}): Pending {
    const pending = { fault, when, left: times, struck: 0 }
    this.#pending.push(pending)
    return {
      get struck() {
        return pending.struck
      },
      remove: () => {
        pending.left = 0
      },
    }
  }

  clear(): void {
    this.#pending = []
  }

  /** What strikes this request; each is used up by one. */
  take(request: Asked): readonly Fault[] {
    this.#pending = this.#pending.filter(({ left }) => left > 0)
    const strikes = this.#pending.filter(({ when }) => when(request))
    for (const strike of strikes) {
      strike.left--
      strike.struck++
    }
    return strikes.map(({ fault }) => fault)
  }
}
