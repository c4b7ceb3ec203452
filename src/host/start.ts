import type { Hooks, Log, Metrics, PluginContext, State } from '@kec/plugin-api'
import { type Around, createHooks, guardHooks } from '@kec/plugin-api/host'
import type { Problem } from '../config/problems.ts'
import { errorOf, messageOf } from '../errors.ts'
import type { AdmittedEntry } from './admit.ts'
import type { Blocking } from './blocking.ts'
import { asPlugin } from './culprit.ts'

/** What kec gives to a plugin beside its hooks. */
export interface PluginServices {
  readonly log: Log
  readonly metrics: Metrics
  readonly state: State
  readonly cluster: { readonly name: string }
}

/** A plugin that has been set up. */
export interface HostedPlugin {
  readonly name: string
  readonly hooks: Hooks
  readonly log: Log
}

/** ms that a setup may take. */
const setupLimit = 30_000

/** Sets up the plugins, one after the other. The problems of all come together: each is a mistake in the configuration. */
export async function setUpPlugins(
  entries: readonly AdmittedEntry[],
  servicesOf: (entry: AdmittedEntry) => PluginServices,
  blocking: Blocking,
  limit = setupLimit,
): Promise<{ readonly plugins: readonly HostedPlugin[]; readonly problems: readonly Problem[] }> {
  const plugins: HostedPlugin[] = []
  const problems: Problem[] = []
  for (const entry of entries) {
    const services = servicesOf(entry)
    const { hooks, error } = await setUp(entry, services, blocking, limit)
    const { name } = entry
    const { log } = services
    if (error !== undefined) problems.push(refusalOf(entry, error))
    else {
      if (tapsOf(hooks).length === 0) log.warn('the plugin taps no hook: it will never be called')
      plugins.push({ name, hooks, log })
    }
  }
  return { plugins, problems }
}

/** Which hooks the plugin taps. isUsed() says true already for the guard's interceptors. */
export function tapsOf(hooks: Hooks): readonly string[] {
  return Object.entries(hooks).flatMap(([name, { taps }]) => (taps.length > 0 ? [name] : []))
}

/** One plugin: its hooks, with what it has tapped, and what its setup threw. */
export async function setUp(
  { name, definition, options }: AdmittedEntry,
  services: PluginServices,
  blocking: Blocking,
  limit: number,
): Promise<{ readonly hooks: Hooks; readonly error: Error | undefined }> {
  const hooks = createHooks()
  guardHooks(name, hooks, aroundOf(name, blocking), services.log)
  const context: PluginContext = { name, hooks, ...services }
  try {
    await withinLimit(limit, services.log, () => asPlugin(name, () => blocking.measure(name, () => definition.setup(context, options))))
    return { hooks, error: undefined }
  } catch (error) {
    return { hooks, error: errorOf(error) }
  }
}

/** Measures a plugin's code, and remembers whose it is. */
function aroundOf(name: string, blocking: Blocking): Around {
  return {
    sync: work => asPlugin(name, () => blocking.measure(name, work)),
    async async(work) {
      const end = blocking.begin(name)
      try {
        await asPlugin(name, () => blocking.measure(name, work))
      } finally {
        end()
      }
    },
  }
}

/** What a setup threw, as the mistake that it is. A plugin may put its remedy into `fix`, as kec does. */
export function refusalOf({ name, path }: AdmittedEntry, error: Error): Problem {
  const fix = 'fix' in error && typeof error.fix === 'string' ? error.fix : 'Mend what it says, or its options.'
  return { path, what: `${name} refuses to start: ${messageOf(error).replace(/\.$/, '')}`, fix }
}

/** A setup did not end in its time. */
export class TookLong extends Error {}

async function withinLimit(ms: number, log: Log, work: () => void | Promise<void>): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new TookLong(`its setup has not ended within ${ms / 1000} s`)), ms)
  const word = setTimeout(() => log.warn(`its setup takes long; kec waits for it, ${ms / 1000} s at most`), ms / 6)
  try {
    await Promise.race([work(), late])
  } finally {
    clearTimeout(timer)
    clearTimeout(word)
  }
}
