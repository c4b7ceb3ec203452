import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Of this kec. */
export function version(): string {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'))
  return version
}
