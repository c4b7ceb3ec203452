import type { Hooks, Log, Metrics, PluginContext, State } from '@kec/plugin-api'
import { type Around, createHooks, guardHooks } from '@kec/plugin-api/host'
import type { Problem } from '../config/problems.ts'
import { errorOf } from '../errors.ts'
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
    const { name, definition, options, path } = entry
    const services = servicesOf(entry)
    const { log } = services
    const hooks = createHooks()
    guardHooks(name, hooks, aroundOf(name, blocking), log)
    const context: PluginContext = { name, hooks, ...services }
    try {
      await withinLimit(limit, log, () => asPlugin(name, () => blocking.measure(name, () => definition.setup(context, options))))
      // isUsed() says true already for the guard's interceptors.
      if (!Object.values(hooks).some(hook => hook.taps.length > 0)) log.warn('the plugin taps no hook: it will never be called')
      plugins.push({ name, hooks, log })
    } catch (error) {
      const { what, fix } = refusal(error)
      problems.push({ path, what: `${name} refuses to start: ${what}`, fix })
    }
  }
  return { plugins, problems }
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

/** A plugin may put its remedy into `fix`, as kec does. */
function refusal(thrown: unknown): { what: string; fix: string } {
  const error = errorOf(thrown)
  const fix = 'fix' in error && typeof error.fix === 'string' ? error.fix : 'Mend what it says, or its options.'
  return { what: error.message.replace(/\.$/, ''), fix }
}

async function withinLimit(ms: number, log: Log, work: () => void | Promise<void>): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`its setup has not ended within ${ms / 1000} s`)), ms)
  const word = setTimeout(() => log.warn(`its setup takes long; kec waits for it, ${ms / 1000} s at most`), ms / 6)
  try {
    await Promise.race([work(), late])
  } finally {
    clearTimeout(timer)
    clearTimeout(word)
  }
}
