import { report } from './report.ts'

/** Is asked about an error that nobody caught. `true`: it has been dealt with, and kec goes on. */
export type StrayHandler = (error: unknown) => boolean

let handler: StrayHandler = () => false

/**
 * Sets who is asked first about errors that nobody caught. It is called in the async context of the error, so an AsyncLocalStorage still
 * knows whose code it was. The plugin host uses it to name the plugin and go on.
 */
export function onStray(next: StrayHandler): void {
  handler = next
}

/** Lets the process go on when whoever read its stdout or stderr has gone, as `| head` does: nobody is left to be told. */
export function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  }
}

/** Shows errors that nobody caught and nobody deals with, and exits with their code. Call it once, for the process. */
export function catchStrays(): void {
  const stray = (error: unknown): void => {
    if (handler(error)) return
    const code = report(error, process.stderr)
    // The callback: what was written is out before the process ends.
    process.stderr.write('', () => process.exit(code))
  }
  process.on('uncaughtException', stray)
  process.on('unhandledRejection', stray)
}
