import type { ApiResponse } from '../cluster/cluster.ts'
import { asFailure, Failure } from './failure.ts'
import { type Frame, FrameReader } from './frames.ts'

/** One commit for each of these: a busy watch fills the bytes, a quiet one waits the milliseconds. */
const gather = { bytes: 256 * 1024, ms: 5 }

/**
 * Reads an open watch until it ends, and hands over its frames in groups. Resolves when the API server ended it in good order. Rejects with
 * Failure when it was cut, sent garbage, or `onFrames` threw; what was whole before has been handed over then. The connection is closed in
 * any case.
 */
export function readWatch(body: ApiResponse['body'], onFrames: (frames: readonly Frame[]) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const reader = new FrameReader()
    let frames: Frame[] = []
    let bytes = 0
    let timer: NodeJS.Timeout | undefined
    let over = false

    const flush = () => {
      clearTimeout(timer)
      timer = undefined
      bytes = 0
      if (frames.length === 0) return
      const group = frames
      frames = []
      onFrames(group)
    }
    const end = (failure?: Failure) => {
      if (over) return
      over = true
      let worst = failure
      try {
        flush()
      } catch (error) {
        worst = asFailure(error)
      }
      body.destroy()
      if (worst) reject(worst)
      else resolve()
    }
    const guarded = (work: () => void) => {
      if (over) return
      try {
        work()
      } catch (error) {
        end(asFailure(error))
      }
    }

    body.on('data', (chunk: Buffer) =>
      guarded(() => {
        reader.push(chunk, frame => frames.push(frame))
        bytes += chunk.length
        if (bytes >= gather.bytes) {
          flush()
          // A flood would take every turn of the thread: the sinks, whose work is done by others, get one too.
          body.pause()
          setImmediate(() => body.resume())
        } else timer ??= setTimeout(() => guarded(flush), gather.ms)
      }),
    )
    body.on('end', () => end(reader.isCut ? new Failure('connection', 'the watch ended in the middle of a line') : undefined))
    body.on('error', error => end(new Failure('connection', `the watch was cut: ${error.message}`)))
    body.on('close', () => end(new Failure('connection', 'the watch was closed')))
  })
}
