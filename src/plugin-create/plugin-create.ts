import { isAbsolute, join, resolve, sep } from 'node:path'
import { howCalled } from '../how-called.ts'
import type { Io } from '../io.ts'
import { shownPath } from '../place.ts'
import { printable } from '../printable.ts'
import { createPlugin } from './create.ts'
import { namesOf } from './names.ts'

/** `kec plugin create`. Gives the exit code. */
export function pluginCreate(name: string, dir: string | undefined, io: Io): number {
  const names = namesOf(name)
  const folder = dir ?? names.folder
  const files = createPlugin(names, folder)
  const shown = printable(shownPath(resolve(folder), process.cwd()))
  const use = isAbsolute(shown) ? shown : `./${shown.replaceAll(sep, '/')}`
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
