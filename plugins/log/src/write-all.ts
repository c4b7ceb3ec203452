import { write } from 'node:fs'
import { promisify } from 'node:util'

const writeSome = promisify(write)

/** Writes all of it, however little the system takes at a time. Gives the number of bytes written, and the error that ended it early. */
export async function writeAll(fd: number, bytes: Uint8Array): Promise<{ readonly written: number; readonly error: unknown }> {
  let written = 0
  try {
    while (written < bytes.length) {
      const { bytesWritten } = await writeSome(fd, bytes, written)
      if (bytesWritten === 0) throw new Error('the system takes no more bytes')
      written += bytesWritten
    }
    return { written, error: undefined }
  } catch (error) {
    return { written, error }
  }
}
