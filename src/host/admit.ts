import { API_VERSION, type DeliveryOptions, PLUGIN, type PluginDefinition, type Rule } from '@kec/plugin-api'
import { type ImportFailure, importFile } from '../config/import-file.ts'
import { problemsOf } from '../config/issues.ts'
import type { Path, Problem } from '../config/problems.ts'
import { delivery as deliverySchema, entryName } from '../config/schema.ts'
import { shownPath } from '../place.ts'
import { type Entry, readEntry } from './entries.ts'
import { resolvePlugin } from './resolve.ts'

/** A plugin that was checked as far as that goes before its setup. */
export interface AdmittedEntry {
  /** Unique; keys its cursor in the journal. */
  readonly name: string
  readonly definition: PluginDefinition
  /** As its schema gave them. */
  readonly options: unknown
  readonly match: Rule | readonly Rule[] | undefined
  /** The plugin's own defaults, overridden by the entry's. */
  readonly delivery: DeliveryOptions
  /** What the entry itself says of it. */
  readonly ownDelivery: DeliveryOptions
  /** As the configuration names the plugin, and its file; undefined if the configuration imported it. */
  readonly found: { readonly use: string; readonly file: string } | undefined
  /** Where it stands in the configuration: for problems that show later. */
  readonly path: Path
}

export interface Admission {
  readonly entries: readonly AdmittedEntry[]
  readonly problems: readonly Problem[]
}

interface Places {
  /** Of the configuration: names and paths start there. */
  readonly folder: string
  /** What shown paths are relative to. */
  readonly cwd: string
}

type Refusal = Omit<Problem, 'path'>

function isDefinition(value: unknown): value is PluginDefinition {
  return typeof value === 'object' && value !== null && 'setup' in value && typeof value.setup === 'function'
}

/** What is wrong with a definition: TypeScript would have said it, but not everybody asks it. */
function checkDefinition(definition: unknown, what: string): Refusal | undefined {
  const fix = 'Its author must mend it: export default definePlugin({ name, apiVersion, setup }).'
  if (typeof definition !== 'object' || definition === null) return { what: `${what} has no definition`, fix }
  const { name, apiVersion, setup, options, delivery } = definition as Partial<Record<keyof PluginDefinition, unknown>> // asked key by key below
  // The version first: of another one, nothing else can be judged.
  if (apiVersion !== API_VERSION) {
    const stated = typeof apiVersion === 'number' ? `is for plugin API ${apiVersion}` : 'does not state its apiVersion'
    const newer = typeof apiVersion === 'number' && apiVersion > API_VERSION
    return {
      what: `${what} ${stated}, and this kec has plugin API ${API_VERSION}`,
      fix: newer ? 'Update kec, or install an older version of the plugin.' : 'Install a newer version of the plugin.',
    }
  }
  if (!entryName.safeParse(name).success) return { what: `${what} has no usable name`, fix }
  if (typeof setup !== 'function') return { what: `${what} has no setup function`, fix }
  const hasSchema = options === undefined || (typeof options === 'object' && options !== null) || typeof options === 'function'
  if (!hasSchema || (options !== undefined && !('~standard' in options)))
    return { what: `the options of ${what} are no Standard Schema`, fix: 'Its author must mend it: use zod, valibot or arktype.' }
  if (delivery !== undefined && !deliverySchema.safeParse(delivery).success)
    return { what: `the delivery defaults of ${what} are not valid`, fix: 'Its author must mend them.' }
  return undefined
}

function refuseExports(exports: Readonly<Record<string, unknown>>, file: string): Refusal {
  const { default: standard } = exports
  const names = Object.keys(exports)
  const fix = 'A plugin file says: export default definePlugin({ … }).'
  const other = names.find(name => typeof exports[name] === 'function' && PLUGIN in (exports[name] as object)) // a function is an object
  if (other !== undefined) return { what: `${file} exports its plugin as ${other}`, fix: 'It must be the default export.' }
  if (isDefinition(standard)) return { what: `${file} exports a plain object`, fix: `Wrap it. ${fix}` }
  const kind = standard === null ? 'null' : Array.isArray(standard) ? 'a list' : `of type ${typeof standard}`
  const exported = names.length === 0 ? 'it exports nothing' : `it exports ${names.join(', ')}, but no default`
  return { what: `${file} is not a plugin: ${'default' in exports ? `its default export is ${kind}` : exported}`, fix }
}

interface FoundPlugin extends Pick<AdmittedEntry, 'found'> {
  readonly definition: unknown
}

async function findPlugin(entry: Entry, { folder, cwd }: Places): Promise<FoundPlugin | Refusal> {
  if ('plugin' in entry) return { definition: entry.plugin, found: undefined }
  const resolved = resolvePlugin(entry.use, folder)
  if ('what' in resolved) return { ...resolved, what: `${entry.use}: ${resolved.what}` }
  const shown = shownPath(resolved.file, cwd)
  const imported = await importFile(resolved.file, cwd)
  if ('failure' in imported) return refuseImport(imported.failure, shown)
  const { exports } = imported
  const { default: plugin } = exports
  if (typeof plugin !== 'function' || !(PLUGIN in plugin)) return refuseExports(exports, shown)
  return { definition: plugin[PLUGIN], found: { use: entry.use, file: resolved.file } }
}

function refuseImport({ what, fix, place }: ImportFailure, file: string): Refusal {
  return { what: place?.startsWith(`${file}:`) ? what : `${file}: ${what}`, fix, place }
}

/** No options at all are what the schema makes of nothing, else of an empty object. */
async function checkOptions(
  entry: Entry,
  definition: PluginDefinition,
  path: Path,
): Promise<{ options: unknown } | { problems: Problem[] }> {
  const { options: schema, name } = definition
  const at = [...path, 'options']
  if (schema === undefined) {
    const keys = Object.keys(entry.options ?? {})
    if (keys.length === 0) return { options: undefined }
    return { problems: [{ path: at, what: `${name} takes no options`, fix: `Remove ${keys.join(', ')}.` }] }
  }
  const input = entry.options ?? {}
  try {
    const nothing = entry.options === undefined ? await schema['~standard'].validate(undefined) : undefined
    const result = nothing && !nothing.issues ? nothing : await schema['~standard'].validate(input)
    if (!result.issues) return { options: result.value }
    return { problems: problemsOf(result.issues, schema, input, at) }
  } catch (error) {
    const what = `the schema of ${name} throws: ${error instanceof Error ? error.message : error}`
    return { problems: [{ path: at, what, fix: 'Its author must mend it.' }] }
  }
}

async function admitOne(value: unknown, path: Path, places: Places): Promise<AdmittedEntry | Problem[]> {
  const { entry, problems } = readEntry(value, path)
  if (entry === undefined) return problems
  const plugin = await findPlugin(entry, places)
  if ('what' in plugin) return [...problems, { path, ...plugin }]
  const { found } = plugin
  const refusal = checkDefinition(plugin.definition, 'plugin' in entry ? `the plugin ${entry.plugin?.name}` : entry.use)
  if (refusal !== undefined) return [...problems, { path, ...refusal }]
  const definition = plugin.definition as PluginDefinition // checked just now, field by field
  const checked = await checkOptions(entry, definition, path)
  if ('problems' in checked) return [...problems, ...checked.problems]
  if (problems.length > 0) return problems
  const { name = definition.name, match, delivery: ownDelivery = {} } = entry
  const delivery = { ...definition.delivery, ...ownDelivery }
  return { name, definition, options: checked.options, match, delivery, ownDelivery, found, path }
}

/** Finds and checks the plugins of a configuration. Nothing is thrown: the problems of all entries come together. */
export async function admit(plugins: readonly unknown[], places: Places): Promise<Admission> {
  const entries: AdmittedEntry[] = []
  const problems: Problem[] = []
  for (const [index, value] of plugins.entries()) {
    const admitted = await admitOne(value, ['plugins', index], places)
    if (Array.isArray(admitted)) {
      problems.push(...admitted)
      continue
    }
    const { name, path } = admitted
    const twin = entries.find(entry => entry.name === name)
    if (twin === undefined) {
      entries.push(admitted)
      continue
    }
    const what = `there are two plugins of the name ${name}: plugins[${String(twin.path[1])}] is the other`
    const fix = 'Give one of them another: { use: …, name: "another", … }. A name keys the place in the journal.'
    problems.push({ path, what, fix })
  }
  return { entries, problems }
}
