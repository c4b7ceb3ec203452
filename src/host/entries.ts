import { ENTRY, type EntrySettings, PLUGIN, type PluginDefinition } from '@kec/plugin-api'
import { z } from 'zod'
import { problemsOf } from '../config/issues.ts'
import type { Path, Problem } from '../config/problems.ts'
import { delivery, entryName, rules } from '../config/schema.ts'

/** An entry of `plugins`, told apart; what plugin a name stands for is still to be found. */
export type Entry = EntrySettings & { readonly options: unknown } & ({ readonly use: string } | { readonly plugin: PluginDefinition })

const settings = { name: entryName.optional(), match: rules.optional(), delivery: delivery.optional(), options: z.unknown().optional() }

const named = z.strictObject({
  use: z.string({ error: 'must be the name of a plugin, or the path of its file or folder, such as ./my-sink.ts' }).min(1, {
    error: 'must not be empty',
  }),
  ...settings,
})

/** `plugin` is not checked here but with the plugins that were found by name. */
const made = z.strictObject({ plugin: z.unknown(), ...settings })

const forms = 'Write a name such as "log", a path such as "./my-sink.ts", or an object { use: …, options: { … } }.'

export interface ReadEntry {
  /** Undefined if nobody can say which plugin is meant. */
  readonly entry: Entry | undefined
  readonly problems: Problem[]
}

/** Says which of the forms an entry has, by hand: a union's schema would only say that none of them fits. */
export function readEntry(value: unknown, path: Path): ReadEntry {
  const refuse = (what: string, fix: string): ReadEntry => ({ entry: undefined, problems: [{ path, what, fix }] })
  if (typeof value === 'string') {
    if (value.trim() === '') return refuse('is an empty text', forms)
    return { entry: { use: value, options: undefined }, problems: [] }
  }
  if (typeof value === 'function') {
    if (!(PLUGIN in value)) return refuse('is a function', forms)
    return refuse('is a plugin that was not called', 'Call it with its options, such as log({ … }) or log().')
  }
  if (value instanceof Promise) return refuse('is a promise', 'Write `await` before it.')
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const kind = value === null || value === undefined ? 'is empty' : Array.isArray(value) ? 'is a list' : `is a ${typeof value}`
    return refuse(kind, forms)
  }
  const schema = ENTRY in value ? made : named
  if (schema === named && !('use' in value)) {
    const [only, ...others] = Object.keys(value)
    const meant = only !== undefined && others.length === 0 ? ` If ${only} is its name: { use: "${only}", options: { … } }.` : ''
    return refuse('does not say which plugin', `Add \`use\` with its name or path.${meant}`)
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return { entry: parsed.data as Entry, problems: [] } // the schemas say so, but for `plugin`, which is checked before use
  // As far as the plugin is known it is looked at as well: its options may have mistakes too.
  const { use, plugin, options } = value as Record<string, unknown>
  const known = 'plugin' in value ? { plugin, options } : typeof use === 'string' && use !== '' ? { use, options } : undefined
  return { entry: known as Entry | undefined, problems: problemsOf(parsed.error.issues, schema, value, path) } // as above
}
