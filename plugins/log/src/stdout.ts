import { fstatSync } from 'node:fs'
import type { Writable } from 'node:stream'
import { writeAll } from './write-all.ts'

/** Makes the function that writes whole lines to standard output, whatever stands behind it. */
export function writeToStdout(): (lines: Uint8Array) => Promise<void> {
  return fstatSync(1).isFile() ? writeToFile(1) : writeTo(process.stdout)
}

/** A pipe, a socket or a terminal. It resolves when the stream has taken the lines over: a reader that is slow, or gone, is felt here. */
export function writeTo(stream: Writable): (lines: Uint8Array) => Promise<void> {
  // Each write hears of its error itself; with nobody here to hear it too, it would end the process.
  stream.on('error', () => undefined)
  return lines => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    stream.write(lines, error => (error ? reject(failure(error)) : resolve()))
    return promise
  }
}

/** A file that a shell opened (`kec start > FILE`). Node's own stream for it loses what a full disk does not take. */
export function writeToFile(fd: number): (lines: Uint8Array) => Promise<void> {
  /** The end of a line of which the file holds the beginning. The file may be shared, so nothing is cut off it: the line is ended. */
  let rest: Uint8Array = Buffer.alloc(0)
  const put = async (lines: Uint8Array) => {
    const { written, error } = await writeAll(fd, lines)
    const begun = written > 0 && lines[written - 1] !== newline
    if (begun) rest = lines.slice(written, lines.indexOf(newline, written) + 1)
    else if (written > 0) rest = Buffer.alloc(0)
    if (error) throw failure(error)
  }
  return async lines => {
    await put(rest)
    await put(lines)
  }
}

const newline = 0x0a

function failure(error: unknown): Error {
  return new Error(`cannot write to standard output: ${error instanceof Error ? error.message : error}`, { cause: error })
}
