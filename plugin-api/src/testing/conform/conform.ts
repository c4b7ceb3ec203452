import type { StandardSchemaV1 } from '@standard-schema/spec'
import { PLUGIN, type Plugin, type PluginDefinition } from '../../plugin.ts'
import { checkDefinition } from '../admit.ts'
import { pause } from '../real-time.ts'
import { Bench, type Make } from './bench.ts'
import { batches, taps } from './delivering.ts'
import { messageOf } from './error-text.ts'
import { changes, hostileEvents } from './input.ts'
import { lives } from './life.ts'
import { memory } from './memory.ts'
import { metrics } from './metrics.ts'
import { options } from './options.ts'
import { watchStrays } from './strays.ts'
import { ConformanceError, type Subject } from './subject.ts'
import { refusal, timeOut, trouble } from './trouble.ts'

/** In this order: what comes later takes for granted that what came before went well. */
const checks = [batches, changes, hostileEvents, timeOut, trouble, refusal, lives, metrics, memory]

/** Real ms that errors outside of promises have to show. */
const lastMoment = 50

/**
 * Takes a plugin through what kec will do to it: batches of all sizes, time-out, trouble and refusals of its system (as far as `subject` can
 * bring them about), restart and kill, hostile events, 10,000 events, wrong options. Throws a ConformanceError that says everything that was
 * wrong, and how to mend it. Works with any test runner.
 *
 * @example
 * test('conforms', () => conform(webhook, { options: { url }, wrongOptions: [{ url: 'no' }], secrets: ['s3cret'], received: () => ids }))
 */
export async function conform<Schema extends StandardSchemaV1>(
  plugin: Plugin<Schema>,
  subject: Subject<StandardSchemaV1.InferInput<Schema>> = {},
): Promise<void> {
  const bench = new Bench(plugin as unknown as Make, subject as Subject<unknown>) // which options fit was checked just now, by their type
  const unwatch = watchStrays()
  try {
    if (isPlugin(bench, plugin)) {
      if (await taps(bench)) for (const check of checks) await check(bench)
      await options(bench)
      await pause(lastMoment)
    }
  } finally {
    unwatch()
  }
  const { findings } = bench
  if (findings.length > 0) throw new ConformanceError(plugin?.[PLUGIN]?.name ?? 'This', findings)
}

/** Also said of what TypeScript would not let through. */
function isPlugin(bench: Bench, plugin: unknown): plugin is Plugin {
  if (typeof plugin !== 'function' || !(PLUGIN in plugin)) {
    bench.report('this is no plugin', 'write `export default definePlugin({ name, apiVersion, setup })`, and hand that over, not called')
    return false
  }
  try {
    checkDefinition(plugin[PLUGIN] as PluginDefinition) // it looks at each field
    return true
  } catch (error) {
    bench.report(messageOf(error), 'correct its definition: `definePlugin({ name: "webhook", apiVersion: 1, … })`')
    return false
  }
}
