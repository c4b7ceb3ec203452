import type { FileHandle } from 'node:fs/promises'

const chunk = 64 * 1024

/** Cuts off what stands after the last newline: a write that a crash broke off. It was never acknowledged, so its event comes again. */
export async function cutHalfLine(handle: FileHandle): Promise<void> {
  const { size } = await handle.stat()
  const buffer = Buffer.alloc(Math.min(chunk, size))
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - chunk)
    const { bytesRead } = await handle.read(buffer, 0, end - start, start)
    const newline = buffer.subarray(0, bytesRead).lastIndexOf('\n')
    if (newline >= 0 || start === 0) {
      const whole = start + newline + 1
      if (whole < size) await handle.truncate(whole)
      return
    }
    end = start
  }
}
