import { existsSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { resolveFrom } from '../config/module-hooks.ts'

export type Resolved = { readonly file: string } | { readonly what: string; readonly fix: string }

function resolveUrl(specifier: string, parent: string): string | undefined {
  try {
    const file = fileURLToPath(resolveFrom(specifier, parent))
    return existsSync(file) ? file : undefined
  } catch {
    return undefined
  }
}

/** The file that a folder stands for: what its package.json exports, else its index. `null`: what it exports is not there. */
function entryOfFolder(folder: string): string | undefined | null {
  const manifest = join(folder, 'package.json')
  if (existsSync(manifest)) {
    const { name, exports, main } = JSON.parse(readFileSync(manifest, 'utf8')) as Record<string, unknown> // a package.json is an object
    // A package may import itself by its name, if it has exports.
    if (typeof name === 'string' && exports !== undefined) return resolveUrl(name, pathToFileURL(manifest).href) ?? null
    if (typeof main === 'string' && existsSync(join(folder, main))) return join(folder, main)
  }
  return ['index.ts', 'index.mts', 'index.js', 'index.mjs'].map(name => join(folder, name)).find(existsSync)
}

function resolvePath(use: string, folder: string): Resolved {
  const file = resolve(folder, use)
  if (!existsSync(file)) return { what: `${file} does not exist`, fix: 'Correct the path; it starts at the folder of the configuration.' }
  if (!statSync(file).isDirectory()) return { file }
  try {
    const entry = entryOfFolder(file)
    if (entry === null)
      return {
        what: `the package in ${file} exports a file that is not there`,
        fix: 'Build it: npm install in it does, if it has a prepare script.',
      }
    if (entry !== undefined) return { file: entry }
  } catch (error) {
    return { what: `${join(file, 'package.json')} cannot be read: ${error instanceof Error ? error.message : error}`, fix: 'Correct it.' }
  }
  return { what: `the folder ${file} has no plugin`, fix: 'It needs an index.ts, or a package.json that exports one.' }
}

/** Whether it names a plugin by its path. */
export const isPath = (use: string): boolean => /^(?:\.{0,2}\/|\.{1,2}$|[A-Za-z]:[\\/]|file:)/.test(use)

/** The packages that a name may mean: `log` is @kec/plugin-log, else kec-plugin-log. */
function packagesOf(use: string): string[] {
  return use.startsWith('@') || use.startsWith('kec-plugin-') ? [use] : [`@kec/plugin-${use}`, `kec-plugin-${use}`]
}

/** The file of a plugin: a path from the folder of the configuration, a name from there, then from kec's own. */
export function resolvePlugin(use: string, folder: string): Resolved {
  if (isPath(use)) return resolvePath(use.startsWith('file:') ? fileURLToPath(use) : use, folder)
  const packages = packagesOf(use)
  const parents = [pathToFileURL(join(folder, 'kec.config.ts')).href, import.meta.url]
  for (const parent of parents) {
    for (const name of packages) {
      const file = resolveUrl(name, parent)
      if (file !== undefined) return { file }
    }
  }
  const path = /\.[cm]?[jt]s$/.test(use) ? ` For a file, write "./${use}".` : ''
  return {
    what: `cannot be found; tried ${packages.join(' and ')}, beside the configuration and in kec itself`,
    fix: `Install it beside the configuration (npm install ${packages.at(-1)}), or correct the name.${path}`,
  }
}
