import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { errorOf, KecError } from '../errors.ts'
import type { PluginNames } from './names.ts'

const template = join(import.meta.dirname, 'template')

/** What the template is called. */
const templateNames = /kec-plugin-my-sink|my-sink/g

/**
 * Writes a package with a sink that works, of these names, into the folder. Gives its files.
 * @throws KecError KEC_PLUGIN_FOLDER if the folder is not empty, or cannot be written: nothing is ever overwritten.
 */
export function createPlugin(names: PluginNames, folder: string): readonly string[] {
  try {
    mkdirSync(folder, { recursive: true })
    const there = readdirSync(folder)
    if (there.length > 0) throw occupied(folder, there)
    const files = filesIn(template)
    for (const file of files) write(join(folder, placeOf(file)), renamed(readFileSync(join(template, file), 'utf8'), names))
    return files.map(placeOf).sort()
  } catch (error) {
    if (error instanceof KecError) throw error
    const what = `The plugin cannot be written to ${resolve(folder)}: ${errorOf(error).message}.`
    throw new KecError('KEC_PLUGIN_FOLDER', what, 'Name another folder with --dir.', { cause: error })
  }
}

function occupied(folder: string, there: readonly string[]): KecError {
  const some = `${there.slice(0, 3).join(', ')}${there.length > 3 ? ', …' : ''}`
  const what = `The folder ${resolve(folder)} is not empty (${some}); nothing was written.`
  return new KecError('KEC_PLUGIN_FOLDER', what, 'Take another name, or name another folder with --dir.')
}

function filesIn(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name).slice(folder.length + 1))
}

/** Under their own names npm would not pack the one, and take the other for kec's. */
const places: Readonly<Record<string, string>> = { _gitignore: '.gitignore', '_package.json': 'package.json' }

function placeOf(file: string): string {
  return places[file] ?? file
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text, { flag: 'wx' }) // fails if something has come there meanwhile
}

function renamed(text: string, { plugin, package: packageName }: PluginNames): string {
  return text.replace(templateNames, name => (name === 'my-sink' ? plugin : packageName))
}
