import assert from 'node:assert/strict'
import type { Client } from './client.ts'

export interface Frame {
  readonly type: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into JSON of every shape.
  readonly object: any
}

/** A watch, read frame by frame. */
export class Stream {
  readonly #lines: AsyncGenerator<string>
  readonly #abort = new AbortController()

  private constructor(body: AsyncIterable<Uint8Array>, abort: AbortController) {
    this.#lines = lines(body)
    this.#abort = abort
  }

  static async open(client: Client, path: string, accept = 'application/json'): Promise<Stream> {
    const abort = new AbortController()
    const { statusCode, body } = await client.open('GET', path, { signal: abort.signal, accept })
    assert.equal(statusCode, 200)
    return new Stream(body, abort)
  }

  /** The next frames; fewer if the stream ends. */
  async take(count: number): Promise<Frame[]> {
    const frames: Frame[] = []
    while (frames.length < count) {
      const { value, done } = await this.#lines.next()
      if (done) break
      frames.push(JSON.parse(value) as Frame) // what comes is asserted on
    }
    return frames
  }

  /** All that comes until the server ends the stream. */
  rest(): Promise<Frame[]> {
    return this.take(Number.POSITIVE_INFINITY)
  }

  close(): void {
    this.#abort.abort()
  }
}

async function* lines(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let rest = ''
  const decoder = new TextDecoder()
  for await (const bytes of body) {
    const parts = (rest + decoder.decode(bytes, { stream: true })).split('\n')
    rest = parts.pop() ?? ''
    yield* parts
  }
  if (rest) yield rest
}

/** A frame as `TYPE name@version`. */
export const brief = ({ type, object }: Frame): string => `${type} ${object.metadata.name}@${object.metadata.resourceVersion}`
