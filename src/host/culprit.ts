import { AsyncLocalStorage } from 'node:async_hooks'
import type { Log } from '@kec/plugin-api'
import { errorOf, messageOf } from '../errors.ts'

const running = new AsyncLocalStorage<string>()

/** Runs a plugin's code so that whatever it starts can be traced back to it. */
export function asPlugin<T>(name: string, work: () => T): T {
  return running.run(name, work)
}

/** Whose code runs now, however it was called; undefined for kec's own. */
export function runningPlugin(): string | undefined {
  return running.getStore()
}

/**
 * What plugins throw outside of their promises: it is told with the plugin's name, and kec goes on. A plugin may do so as it is loaded, when
 * there is no log yet: that is told once there is one.
 */
export class PluginStrays {
  #log: Log | undefined
  readonly #early: (readonly [plugin: string, error: unknown])[] = []

  /** False if it was no plugin's. To be called in the async context of the error, as handlers of uncaughtException and unhandledRejection are. */
  deal(error: unknown): boolean {
    const plugin = runningPlugin()
    if (plugin === undefined) return false
    if (this.#log === undefined) this.#early.push([plugin, error])
    else tell(plugin, error, this.#log)
    return true
  }

  /** From now on they are told there. */
  tellIn(log: Log): void {
    this.#log = log
    for (const [plugin, error] of this.#early.splice(0)) tell(plugin, error, log)
  }
}

function tell(plugin: string, thrown: unknown, log: Log): void {
  const error = errorOf(thrown)
  const { message, stack = message } = error
  const why = error.cause instanceof Error ? stack.replace(message, () => messageOf(error)) : stack
  log.error(`plugin ${plugin} threw outside of its promises; kec goes on: ${why}`, { plugin })
}
