import type { FullTap } from 'tapable'
import type { Log } from '../context.ts'
import type { Hooks } from '../hooks.ts'

type AnyFunction = (...args: unknown[]) => unknown

/** What goes on around a plugin's code: who runs it measures it, and remembers whose it is. */
export interface Around {
  /** Runs a tap that must answer at once, and gives its answer. */
  sync<T>(work: () => T): T
  /** Runs a tap that may give a promise, and ends with it. */
  async(work: () => unknown): Promise<void>
}

/**
 * Wraps each tap of a plugin as it registers, so that one way of writing it is as safe as another: a `tap` with an async function is awaited,
 * the callback of a `tapAsync` counts once, and a tap without a function is an error here instead of a batch that never ends.
 */
export function guardHooks(plugin: string, hooks: Hooks, around: Around, log: Log): void {
  const onFilter = (tap: FullTap): FullTap => {
    const fn = functionOf(plugin, 'onFilter', tap)
    let warned = false
    return {
      ...tap,
      fn: (...args: unknown[]) => {
        const answer = around.sync(() => fn(...args))
        if (!isThenable(answer)) return answer === false ? false : undefined
        if (!warned) log.error('onFilter must answer at once; a promise is ignored, and keeps the event')
        warned = true
        Promise.resolve(answer).catch(() => undefined)
        return undefined
      },
    }
  }
  hooks.onFilter.intercept({ register: tap => onFilter(tap) })
  for (const name of ['onEvent', 'onShutdown'] as const) {
    const register = (tap: FullTap): FullTap => {
      const call = promised(functionOf(plugin, name, tap), tap.type, () =>
        log.warn(`${name} called back again; only the first call counts`),
      )
      return { ...tap, type: 'promise', fn: (...args: unknown[]) => around.async(() => call(...args)) }
    }
    hooks[name].intercept({ register: tap => register(tap) })
  }
}

function functionOf(plugin: string, hook: string, tap: FullTap): AnyFunction {
  const fn: unknown = tap.fn
  if (typeof fn === 'function') return fn as AnyFunction // whatever it takes is checked by the hook's own type
  throw new TypeError(`plugin ${plugin} taps ${hook} without a function`)
}

/** The tap as a function that gives a promise, or throws at once. */
function promised(fn: AnyFunction, type: FullTap['type'], onSecondCall: () => void): AnyFunction {
  if (type !== 'async') return fn
  return (...args) =>
    new Promise<void>((resolve, reject) => {
      // A promise settles once, so a second call of the callback changes nothing. As tapable has it, no error may be null, undefined or false.
      let calls = 0
      const answer = fn(...args, (error: unknown) => {
        if (++calls === 2) onSecondCall()
        if (error) reject(error)
        else resolve()
      })
      // An async function that throws will not call back.
      if (isThenable(answer)) Promise.resolve(answer).catch(reject)
    })
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
