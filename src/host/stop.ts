import { errorOf } from '../errors.ts'
import type { HostedPlugin } from './start.ts'

/** Who could not be stopped as it should be. */
export interface StopReport {
  readonly failed: readonly { readonly name: string; readonly error: Error }[]
  /** Had not answered when the time was up. */
  readonly silent: readonly string[]
}

/** Emits onShutdown for all plugins side by side, and waits for them until the signal aborts. */
export async function shutDownPlugins(plugins: readonly HostedPlugin[], signal: AbortSignal): Promise<StopReport> {
  const failed: { name: string; error: Error }[] = []
  const silent = new Set(plugins.map(({ name }) => name))
  const all = plugins.map(async ({ name, hooks }) => {
    try {
      await hooks.onShutdown.promise({ signal })
    } catch (error) {
      failed.push({ name, error: errorOf(error) })
    }
    silent.delete(name)
  })
  await settledOrAborted(Promise.all(all), signal)
  return { failed, silent: [...silent] }
}

/** Waits for the work, or until the signal aborts. */
export async function settledOrAborted(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) {
    // What is done already has had its turn.
    await new Promise(resolve => setImmediate(resolve))
    return
  }
  const { promise: aborted, resolve } = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => resolve(), { once: true })
  await Promise.race([work, aborted])
}
