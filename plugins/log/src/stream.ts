import type { Writable } from 'node:stream'

/** Resolves when the stream has taken the bytes over; a reader that is slow, or gone, is felt here. */
export function writeTo(stream: Writable, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(bytes, error => (error ? reject(error) : resolve()))
  })
}
