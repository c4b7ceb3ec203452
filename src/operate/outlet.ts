import { once } from 'node:events'
import type { Writable } from 'node:stream'

/** A way to write much: as fast as the reader takes it, and no longer than there is one. */
export interface Outlet {
  /** Aborts when the reader has gone, as `| head` does. */
  readonly gone: AbortSignal
  /** Resolves when more may be written; false: nobody reads. */
  write(text: string): Promise<boolean>
  close(): void
}

export function outletTo(stream: Writable): Outlet {
  const gone = new AbortController()
  const onError = () => gone.abort()
  stream.on('error', onError)
  return {
    gone: gone.signal,
    async write(text) {
      if (!gone.signal.aborted && !stream.write(text)) await once(stream, 'drain', { signal: gone.signal }).catch(onError)
      return !gone.signal.aborted
    },
    close: () => stream.off('error', onError),
  }
}
