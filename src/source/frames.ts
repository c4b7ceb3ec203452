import type { RawEvent } from '../event.ts'
import { Failure, type StatusObject } from './failure.ts'

/** One line of a watch. */
export interface Frame {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  readonly object: RawEvent & StatusObject
  /** The line as it came. */
  readonly bytes: Uint8Array
}

const newline = 10
const types = new Set(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR'])

/** etcd takes objects up to 1.5 MB; a line beyond this is no event. */
const maxLine = 16 * 1024 * 1024

/** Makes frames of the bytes of a watch, wherever they are cut. */
export class FrameReader {
  #rest: Uint8Array[] = []
  #restLength = 0

  /** Hands over each frame that the chunk completes. Throws Failure (garbage) at the first line that is none. */
  push(chunk: Buffer, each: (frame: Frame) => void): void {
    let start = 0
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      const line = this.#complete(chunk.subarray(start, end))
      start = end + 1
      if (line.length > 0) each(parseFrame(line))
    }
    if (start === chunk.length) return
    this.#rest.push(chunk.subarray(start))
    this.#restLength += chunk.length - start
    if (this.#restLength > maxLine) throw new Failure('garbage', `a line of the watch is longer than ${maxLine} bytes`)
  }

  /** True in the middle of a line. */
  get isCut(): boolean {
    return this.#restLength > 0
  }

  #complete(end: Buffer): Buffer {
    if (this.#restLength === 0) return end
    const line = Buffer.concat([...this.#rest, end])
    this.#rest = []
    this.#restLength = 0
    return line
  }
}

function parseFrame(line: Buffer): Frame {
  let frame: Partial<Frame> | null
  try {
    frame = JSON.parse(line.toString())
  } catch {
    throw new Failure('garbage', `the watch sent a line that is not JSON: ${line.toString('utf8', 0, 80)}`)
  }
  if (frame === null || !types.has(frame.type ?? '') || typeof frame.object !== 'object' || frame.object === null)
    throw new Failure('garbage', `the watch sent a line that is no event: ${line.toString('utf8', 0, 80)}`)
  return { type: frame.type as Frame['type'], object: frame.object, bytes: line } // the type is one of the set
}
