import type { ServerResponse } from 'node:http'
import type { Fault } from './faults.ts'
import type { ApiError } from './status.ts'

/** A response on its way out, with the faults that strike its body. */
export class Answer {
  readonly #response: ServerResponse
  #left: number
  readonly #before: Uint8Array[]

  constructor(response: ServerResponse, faults: readonly Fault[]) {
    this.#response = response
    this.#left = Math.min(...faults.map(fault => (fault.kind === 'truncate' ? fault.bytes : Number.POSITIVE_INFINITY)))
    this.#before = faults.flatMap(fault => (fault.kind === 'garbage' ? [Buffer.from(fault.bytes)] : []))
  }

  get closed(): boolean {
    return this.#response.destroyed || this.#response.writableEnded
  }

  /** Bytes that the client has not taken yet. */
  get waiting(): number {
    return this.#response.writableLength
  }

  onClose(listener: () => void): void {
    this.#response.on('close', listener)
  }

  head(code: number, headers: Readonly<Record<string, string>> = {}): void {
    this.#response.writeHead(code, { 'content-type': 'application/json', 'cache-control': 'no-cache, private', ...headers })
    this.#response.flushHeaders()
    for (const bytes of this.#before) this.write(bytes)
    if (this.#left === 0) this.cut()
  }

  write(data: string | Uint8Array): void {
    if (this.closed || this.#left === 0) return
    if (this.#left === Number.POSITIVE_INFINITY) {
      this.#response.write(data)
      return
    }
    const bytes = Buffer.from(data).subarray(0, this.#left)
    this.#left -= bytes.length
    this.#response.write(bytes, () => this.#left === 0 && this.cut())
  }

  /** Resolves when the client has taken enough of what was written, or is gone. */
  async drained(): Promise<void> {
    if (!this.#response.writableNeedDrain || this.closed) return
    await new Promise<void>(resolve => {
      this.#response.once('drain', resolve)
      this.#response.once('close', resolve)
    })
  }

  end(): void {
    if (this.#left > 0) this.#response.end()
  }

  json(code: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
    this.head(code, headers)
    this.write(`${JSON.stringify(body)}\n`)
    this.end()
  }

  text(code: number, body: string): void {
    this.head(code, { 'content-type': 'text/plain; charset=utf-8' })
    this.write(body)
    this.end()
  }

  refuse(error: ApiError): void {
    this.json(error.status.code, error.status, error.headers)
  }

  /** Ends the connection in the middle. */
  cut(): void {
    this.#response.socket?.destroy()
  }

  reset(): void {
    this.#response.socket?.resetAndDestroy()
  }
}
