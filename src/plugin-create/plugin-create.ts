import { join, relative, resolve, sep } from 'node:path'
import { howCalled } from '../how-called.ts'
import type { Io } from '../io.ts'
import { printable } from '../printable.ts'
import { createPlugin } from './create.ts'
import { namesOf } from './names.ts'

/** `kec plugin create`. Gives the exit code. */
export function pluginCreate(name: string, dir: string | undefined, io: Io): number {
  const names = namesOf(name)
  const folder = dir ?? names.folder
  const files = createPlugin(names, folder)
  const path = relative(process.cwd(), resolve(folder))
  const shown = printable(path.startsWith('..') || path === '' ? resolve(folder) : path)
  const use = path.startsWith('..') ? shown : `./${path.split(sep).join('/')}`
  io.stdout.write(`Made the plugin ${names.plugin}, package ${names.package}:
${files.map(file => `  ${join(shown, file)}\n`).join('')}
Next:
  cd ${quoted(shown)}
  npm install
  npm test

Then name it in kec.config.ts, and start kec there (${howCalled(io.env)} start):
  plugins: [{ use: '${use}', options: { url: 'https://example.org/events' } }],
`)
  return 0
}

/** As a shell takes it. */
function quoted(path: string): string {
  return /^[\w./@+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
}
