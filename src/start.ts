import type { Io } from './io.ts'

/** The flags of `kec start`. What is undefined is left to the configuration. */
export interface StartFlags {
  readonly config: string | undefined
  readonly kubeconfig: string | undefined
  readonly context: string | undefined
  readonly namespaces: readonly string[] | undefined
  readonly level: 'Normal' | 'Warning' | undefined
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | undefined
}

/** Runs kec until it is stopped, and gives the exit code. */
export async function start(flags: StartFlags, io: Io): Promise<number> {
  throw new Error(`kec start is still being built: ${Object.keys({ flags, io }).join(', ')}`)
}
