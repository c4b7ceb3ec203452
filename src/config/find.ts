import { existsSync, statSync } from 'node:fs'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { cosmiconfig } from 'cosmiconfig'
import { KecError } from '../errors.ts'

const endings = ['ts', 'mts', 'js', 'mjs', 'json', 'yaml', 'yml']
const places = endings.map(ending => `kec.config.${ending}`)

export interface Found {
  readonly file: string
  /** Others in the same folder, which are not read. */
  readonly ignored: readonly string[]
}

/** Finds the configuration of a folder; what it holds is read by kec itself, which knows the lines. */
async function search(cwd: string): Promise<string | undefined> {
  const loaders = Object.fromEntries(endings.map(ending => [`.${ending}`, () => ({})]))
  const parsePackage = (file: string, text: string): unknown => (basename(file) === 'package.json' ? JSON.parse(text) : {})
  const explorer = cosmiconfig('kec', {
    searchPlaces: [...places, 'package.json'],
    loaders: { ...loaders, '.json': parsePackage },
    ignoreEmptySearchPlaces: false, // an empty file is a mistake to be told of, not a reason to take the next one
    cache: false,
  })
  try {
    return (await explorer.search(cwd))?.filepath
  } catch (error) {
    const file = error instanceof Error && 'filepath' in error ? String(error.filepath) : cwd
    throw new KecError('KEC_CONFIG', `${file} cannot be read: ${error instanceof Error ? error.message : error}`, 'Correct it.', {
      cause: error,
    })
  }
}

/** The configuration file: the one that was named, or what stands in the folder; undefined if nothing does. */
export async function findConfig(cwd: string, named: string | undefined): Promise<Found | undefined> {
  if (named !== undefined) {
    const file = resolve(cwd, named)
    if (!existsSync(file)) throw new KecError('KEC_CONFIG', `${file} does not exist.`, 'Correct the path after --config.')
    if (!statSync(file).isFile()) throw new KecError('KEC_CONFIG', `${file} is no file.`, 'Name the file itself after --config.')
    if (!endings.includes(extname(file).slice(1)))
      throw new KecError('KEC_CONFIG', `${file} is of no kind that kec reads.`, `Its name must end in one of: ${endings.join(', ')}.`)
    return { file, ignored: [] }
  }
  const file = await search(cwd)
  const present = places.filter(place => existsSync(join(cwd, place)))
  const [first] = present
  // The search passes over what it may not read: starting without it would be another configuration than the one that is there.
  if (first !== undefined && (file === undefined || basename(file) !== first))
    throw new KecError('KEC_CONFIG', `${join(cwd, first)} cannot be read.`, 'Make it a file that the user kec runs as may read.')
  return file === undefined ? undefined : { file, ignored: present.slice(1).map(place => join(dirname(file), place)) }
}
