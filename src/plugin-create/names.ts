import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { entryName } from '../config/schema.ts'
import { KecError } from '../errors.ts'

/** What a new plugin is called, and where. */
export interface PluginNames {
  /** In kec: `pager`. */
  readonly plugin: string
  /** In npm: `kec-plugin-pager`. */
  readonly package: string
  /** Its folder, where no other is wished for. */
  readonly folder: string
}

const prefix = 'kec-plugin-'

/** As npm has it: lower case, and nothing that a URL would spell otherwise. */
const parts = /^(?:(@[a-z0-9-][a-z0-9._-]*)\/)?([a-z0-9][a-z0-9._-]*)$/

/** npm refuses them as names of packages; under a prefix or a scope it does not, but the folder would still be called so. */
const unfit = ['node_modules', 'favicon.ico']

/** npm's. */
const longest = 214

/**
 * A scoped name and one that begins with `kec-plugin-` are the package's; to any other `kec-plugin-` is added, so that a configuration finds it
 * by the short name.
 * @throws KecError KEC_USAGE with what it may be.
 */
export function namesOf(given: string): PluginNames {
  const refuse = (what: string) =>
    new KecError('KEC_USAGE', `${JSON.stringify(given)} ${what}.`, 'Take one such as pager, or @acme/kec-plugin-pager.')
  const [, scope, name = ''] = parts.exec(given) ?? []
  const plugin = name.startsWith(prefix) ? name.slice(prefix.length) : name
  if (plugin === '' || !entryName.safeParse(plugin).success || given.length > longest - prefix.length)
    throw refuse('is no name for a plugin: lower-case letters, digits, "-", "." and "_", at most 63, beginning with a letter or digit')
  if (unfit.includes(name)) throw refuse('is a name that npm refuses')
  if (scope === undefined && ownPlugins().includes(plugin))
    throw refuse("is the name of one of kec's own plugins, which a configuration would find first")
  const packageName = scope !== undefined || name.startsWith(prefix) ? given : `${prefix}${name}`
  return { plugin, package: packageName, folder: name }
}

function ownPlugins(): string[] {
  const own = '@kec/plugin-'
  const { dependencies } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) // kec's own
  return Object.keys(dependencies).flatMap(name => (name.startsWith(own) ? name.slice(own.length) : []))
}
