import { inspect } from 'node:util'
import { thrownAt } from './place.ts'

/** Every code, with what it stands for. A code is never renamed and never given a second meaning: people search for it. */
export const codes = {
  KEC_CONFIG: { exit: 2, about: 'The configuration has mistakes; all of them are listed, each with its place and its remedy.' },
  KEC_USAGE: { exit: 2, about: 'The command line is wrong.' },
  KEC_KUBECONFIG: { exit: 1, about: 'There is no usable kubeconfig, and kec does not run in a cluster.' },
  KEC_CLUSTER: { exit: 1, about: 'The API server cannot be reached, or refuses.' },
  KEC_JOURNAL: { exit: 1, about: 'The journal cannot be opened or written.' },
  KEC_JOURNAL_CLUSTER: { exit: 1, about: 'The journal belongs to another cluster.' },
  KEC_JOURNAL_LOCKED: { exit: 1, about: 'Another kec has the journal open.' },
  KEC_CONTROL: { exit: 1, about: 'The kec that runs cannot be asked through its control socket.' },
  KEC_NOT_FOUND: { exit: 2, about: 'The sink or the dead letter that was named is not there.' },
  KEC_PORT: { exit: 1, about: 'The address of the HTTP server is in use, or not allowed.' },
  KEC_DEMO: { exit: 1, about: 'The demo could not be set up, or the kec in it ended.' },
  KEC_PLUGIN_FOLDER: { exit: 2, about: 'The folder for a new plugin is not empty, or cannot be written.' },
  KEC_GENERATE: { exit: 1, about: 'The event could not be created.' },
} as const satisfies Record<string, { exit: 1 | 2; about: string }>

export type Code = keyof typeof codes

/** An error that kec makes on purpose: what happened and where (message), and what to do about it (fix). It is shown without a stack. */
export class KecError extends Error {
  readonly code: Code
  readonly fix: string

  constructor(code: Code, message: string, fix: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'KecError'
    this.code = code
    this.fix = fix
  }

  get exitCode(): number {
    return codes[this.code].exit
  }
}

/** What was thrown, as an Error: plugins throw anything, even what String() cannot tell. */
export function errorOf(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown
  return new Error(typeof thrown === 'string' ? thrown : inspect(thrown, { depth: 1, customInspect: false }))
}

/** What JavaScript throws of wrong code. fetch throws a TypeError, too, but with a cause. */
const slips = [TypeError, ReferenceError, RangeError]

/**
 * An error's message with that of its causes: fetch says only "fetch failed", and its cause says why. Of a slip in the code it says where: its
 * words alone lead nowhere.
 */
export function messageOf(error: Error): string {
  const { message, cause, stack = '' } = error
  if (cause instanceof Error) return message.includes(cause.message) ? message : `${message}: ${messageOf(cause)}`
  const place = slips.some(slip => error.constructor === slip) ? thrownAt(stack, process.cwd()) : undefined
  return place === undefined ? message : `${message} (${place})`
}
