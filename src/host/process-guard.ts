import { runningPlugin } from './culprit.ts'

/**
 * From now on a plugin that calls process.exit, or ends or destroys standard output or error, gets an error instead that names it: all the
 * sinks would end with it. kec's own code still may.
 */
export function guardProcess(): void {
  const { exit } = process
  process.exit = (code?: number | string | null) => {
    refuse(`process.exit(${code ?? ''}), which would end kec for all sinks`, process.exit)
    return exit.call(process, code)
  }
  for (const name of ['stdout', 'stderr'] as const) {
    const stream = process[name]
    for (const method of ['end', 'destroy'] as const) {
      const { [method]: real } = stream
      const guarded = (...args: unknown[]): unknown => {
        refuse(`process.${name}.${method}(), which all of kec writes to`, guarded)
        return Reflect.apply(real, stream, args)
      }
      Object.assign(stream, { [method]: guarded })
    }
  }
}

/** The stack begins where the plugin called, not here: an error of a file that is loaded is placed by it. */
function refuse(call: string, caller: (...args: never[]) => unknown): void {
  const plugin = runningPlugin()
  if (plugin === undefined) return
  const error = new Error(`${plugin} called ${call}`)
  Error.captureStackTrace(error, caller)
  throw Object.assign(error, { fix: 'Its author must mend it: throw an error that says why.' })
}
