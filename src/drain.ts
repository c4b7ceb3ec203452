import type { Consumer } from './delivery/consumer.ts'
import type { HostedPlugin } from './host/start.ts'
import { settledOrAborted, shutDownPlugins } from './host/stop.ts'
import type { KecLog } from './log.ts'

/** ms that a stop waits for the sinks to take what is there; then a moment for those that heed their signal. */
export const drainLimit = 10_000
const lastMoment = 500

/** Lets the consumers take what is there, then tells the plugins. Says who failed, and who never answered. */
export async function drain(consumers: readonly Consumer[], plugins: readonly HostedPlugin[], log: KecLog): Promise<number> {
  const limit = AbortSignal.timeout(drainLimit)
  const stopped = Promise.all(consumers.map(consumer => consumer.stop(limit)))
  const progress = setInterval(() => sayPending(consumers, log), 2_000)
  await settledOrAborted(stopped, limit)
  clearInterval(progress)
  await settledOrAborted(stopped, AbortSignal.timeout(lastMoment))
  const silent = consumers.filter(({ status }) => status.state !== 'stopped').map(({ name }) => name)
  const report = await shutDownPlugins(plugins, limit.aborted ? AbortSignal.timeout(lastMoment) : limit)
  for (const { name, error } of report.failed) log.error(`onShutdown threw: ${error.message}`, { plugin: name })
  const never = [...new Set([...silent, ...report.silent])]
  if (never.length > 0) log.error(`never answered: ${never.join(', ')}; what they have not taken stays in the journal`)
  for (const { status } of consumers)
    if (status.pending > 0) log.info(`${status.pending} events stay in the journal for ${status.name}, until the next start`)
  log.info('stopped')
  return never.length + report.failed.length > 0 ? 1 : 0
}

function sayPending(consumers: readonly Consumer[], log: KecLog): void {
  const open = consumers.flatMap(({ status: { name, state, pending } }) => (state === 'stopped' ? [] : [`${name} ${pending}`]))
  log.info(`still to deliver: ${open.join(', ')}`)
}
