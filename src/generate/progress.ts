import type { Writable } from 'node:stream'

export interface Progress {
  step(): void
  stop(): void
}

/** A bar for work of more than one step, on a terminal only. */
export async function showProgress(total: number, stream: Writable & { isTTY?: boolean }): Promise<Progress> {
  if (total < 2 || !stream.isTTY) return { step() {}, stop() {} }
  const { default: progress } = await import('cli-progress')
  const bar = new progress.SingleBar({
    stream,
    format: '{bar} {value}/{total}, {eta_formatted} to go',
    barCompleteChar: '=',
    barIncompleteChar: ' ',
    clearOnComplete: true,
    // Answers come in bursts: the newest ten, its default, tell no rate.
    etaBuffer: 200,
    hideCursor: true,
    gracefulExit: false,
  })
  bar.start(total, 0)
  return { step: () => bar.increment(), stop: () => bar.stop() }
}
