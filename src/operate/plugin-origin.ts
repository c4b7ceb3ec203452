import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { PLUGIN, type PluginDefinition } from '@kec/plugin-api'
import { importsOf } from '../config/module-hooks.ts'
import type { AdmittedEntry } from '../host/admit.ts'
import { isPath } from '../host/resolve.ts'

/** Where a plugin comes from. */
export interface PluginOrigin {
  /** Its package, or a path as the configuration has it. Undefined if nobody knows: the configuration made it itself. */
  readonly from: string | undefined
  readonly file: string | undefined
  /** Of its package; undefined if it has none of its own. */
  readonly version: string | undefined
}

/** Of an admitted entry. */
export async function originOf({ found, definition }: AdmittedEntry, configFile: string | undefined): Promise<PluginOrigin> {
  const file = found?.file ?? (configFile === undefined ? undefined : await importedFrom(definition, configFile))
  if (file === undefined) return { from: undefined, file, version: undefined }
  const own = packageOf(file)
  const folder = configFile === undefined ? undefined : dirname(configFile)
  // What lies beside the configuration is part of the same package, whose version says nothing of the plugin.
  const itsOwn = own !== undefined && (folder === undefined || !`${folder}${sep}`.startsWith(`${own.folder}${sep}`)) ? own : undefined
  const path = found !== undefined && isPath(found.use) ? found.use : undefined
  const inside = folder === undefined ? file : `.${sep}${relative(folder, file)}`
  return { from: path ?? itsOwn?.name ?? inside, file, version: itsOwn?.version }
}

/** The file from which a configuration imported a plugin. It is loaded already: importing it once more only gives what it exports. */
async function importedFrom(definition: PluginDefinition, configFile: string): Promise<string | undefined> {
  for (const url of importsOf(pathToFileURL(configFile).href)) {
    if (!url.startsWith('file:')) continue
    const exports: Readonly<Record<string, unknown>> = await import(url)
    const isIt = (value: unknown) => typeof value === 'function' && PLUGIN in value && value[PLUGIN] === definition
    if (Object.values(exports).some(isIt)) return fileURLToPath(url)
  }
  return undefined
}

interface Package {
  readonly folder: string
  readonly name: string | undefined
  readonly version: string | undefined
}

/** What the nearest package.json says. */
function packageOf(file: string): Package | undefined {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json')
    if (existsSync(manifest)) return readPackage(folder, manifest)
    if (folder === dirname(folder)) return undefined
  }
}

function readPackage(folder: string, manifest: string): Package | undefined {
  try {
    const { name, version } = JSON.parse(readFileSync(manifest, 'utf8')) as Record<string, unknown> // Node read it, so it is an object
    return { folder, name: typeof name === 'string' ? name : undefined, version: typeof version === 'string' ? version : undefined }
  } catch {
    return undefined
  }
}
