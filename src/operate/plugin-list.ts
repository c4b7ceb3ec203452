import type { DeliveryOptions, Rule } from '@kec/plugin-api'
import { deliveryDefaults } from '@kec/plugin-api/host'
import type { AdmittedEntry } from '../host/admit.ts'
import { guardProcess } from '../host/process-guard.ts'
import { type Rehearsal, rehearse } from '../host/rehearse.ts'
import type { Io } from '../io.ts'
import { printableJson } from '../printable.ts'
import { loadSettings } from '../settings.ts'
import { onStray } from '../strays.ts'
import { pluginListText } from './plugin-list-text.ts'
import { originOf, type PluginOrigin } from './plugin-origin.ts'
import { rerunRestricted } from './restricted.ts'
import { painter } from './text.ts'

/** An option of delivery, and who says so. */
export interface DeliverySetting {
  /** null: without a limit. */
  readonly value: number | null
  readonly setBy: 'entry' | 'plugin' | 'default'
}

/** An entry of `plugins`, as `kec plugin list` tells it. */
export interface ListedPlugin extends PluginOrigin {
  readonly name: string
  readonly plugin: string
  readonly taps: readonly string[]
  /** False if its setup could not be run to its end: it may tap more. */
  readonly tapsKnown: boolean
  readonly delivery: Readonly<Record<keyof DeliveryOptions, DeliverySetting>>
  /** null: all events. */
  readonly match: Rule | readonly Rule[] | null
}

/** `kec plugin list`: what is configured. Gives the exit code; throws KEC_CONFIG with what `kec start` would refuse. */
export async function listPlugins(config: string | undefined, output: 'json' | undefined, io: Io): Promise<number> {
  const code = rerunRestricted()
  if (code !== undefined) return code
  guardProcess()
  const { loaded, settings } = await loadSettings({ config, kubeconfig: undefined, context: undefined }, io.env)
  onStray(() => true) // of a setup that is only looked at
  const rehearsals = await rehearse(loaded.entries, settings.cluster ?? 'default')
  const problems = rehearsals.flatMap(({ problem }) => problem ?? [])
  if (problems.length > 0) throw loaded.refuse(problems)
  const { file = null } = loaded
  const plugins = await Promise.all(rehearsals.map(async rehearsal => listed(rehearsal, await originOf(rehearsal.entry, loaded.file))))
  if (output === 'json') io.stdout.write(printableJson(`${JSON.stringify({ file, plugins }, null, 2)}\n`))
  else io.stdout.write(pluginListText(plugins, loaded.notices, painter(io.stdout)))
  return 0
}

function listed({ entry, taps, hindered }: Rehearsal, origin: PluginOrigin): ListedPlugin {
  const { name, definition, match = null } = entry
  return { name, plugin: definition.name, ...origin, taps, tapsKnown: !hindered, delivery: deliveryOf(entry), match }
}

function deliveryOf({ delivery, ownDelivery }: AdmittedEntry): ListedPlugin['delivery'] {
  const setting = (key: keyof DeliveryOptions): DeliverySetting => {
    const value = delivery[key] ?? deliveryDefaults[key]
    const setBy = ownDelivery[key] !== undefined ? 'entry' : delivery[key] !== undefined ? 'plugin' : 'default'
    return { value: Number.isFinite(value) ? value : null, setBy }
  }
  return { maxBatch: setting('maxBatch'), linger: setting('linger'), timeout: setting('timeout'), maxAttempts: setting('maxAttempts') }
}
