import { AsyncLocalStorage } from 'node:async_hooks'

/** Who hears of what a plugin does outside of its promises. */
export interface Witness {
  threw(error: unknown): void
  exited(): void
}

const running = new AsyncLocalStorage<Witness>()
const kinds = ['uncaughtException', 'unhandledRejection'] as const

type Kind = (typeof kinds)[number]
type Listener = (...args: unknown[]) => void

let watchers = 0
let others: readonly (readonly [kind: Kind, listener: Listener])[] = []
let own: readonly (readonly [kind: Kind, listener: Listener])[] = []
const exit = process.exit

/** Runs a plugin's code so that whatever it starts can be traced back to it. */
export function watched<T>(witness: Witness, work: () => T): T {
  return running.run(witness, work)
}

/**
 * While it is open, errors that nobody catches and calls of process.exit go to the witness of the code that they come from. Those of others go
 * where they would have gone: a test runner's own listeners wait beside it.
 */
export function watchStrays(): () => void {
  if (watchers++ === 0) begin()
  return () => {
    if (--watchers === 0) end()
  }
}

function begin(): void {
  others = kinds.flatMap(kind => process.rawListeners(kind).map(listener => [kind, listener as Listener] as const)) // what they take is Node's business
  own = kinds.map(kind => [kind, (error: unknown, ...more: unknown[]) => pass(kind, error, more)] as const)
  for (const kind of kinds) process.removeAllListeners(kind)
  for (const [kind, listener] of own) process.on(kind, listener)
  process.exit = code => {
    const witness = running.getStore()
    if (witness === undefined) return exit(code)
    witness.exited()
    throw new Error('a plugin must not end the process')
  }
}

function end(): void {
  process.exit = exit
  for (const [kind, listener] of own) process.off(kind, listener)
  for (const [kind, listener] of others) process.on(kind, listener)
}

/** To the witness, else to those who were there before. */
function pass(kind: Kind, error: unknown, more: readonly unknown[]): void {
  const witness = running.getStore()
  const theirs = others.filter(([other]) => other === kind)
  if (witness) witness.threw(error)
  else if (theirs.length === 0) throw error
  else for (const [, listener] of theirs) listener.call(process, error, ...more)
}
