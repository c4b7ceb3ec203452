import { AsyncLocalStorage } from 'node:async_hooks'
import type { Log } from '@kec/plugin-api'

const running = new AsyncLocalStorage<string>()

/** Runs a plugin's code so that whatever it starts can be traced back to it. */
export function asPlugin<T>(name: string, work: () => T): T {
  return running.run(name, work)
}

/**
 * Deals with what a plugin threw outside of its promises: it is named, and kec goes on. False if it was no plugin's. To be called in the async
 * context of the error, as handlers of uncaughtException and unhandledRejection are.
 */
export function blamePlugin(error: unknown, log: Log): boolean {
  const plugin = running.getStore()
  if (plugin === undefined) return false
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  log.error(`plugin ${plugin} threw outside of its promises; kec goes on: ${text}`, { plugin })
  return true
}
