import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { conform } from '@kec/plugin-api/testing'
import log from './index.ts'

/** A log file in a folder of its own. The trouble: the folder is gone, and a file stands in its place. */
function logFile() {
  const place = mkdtempSync(join(tmpdir(), 'kec-log-'))
  const folder = join(place, 'logs')
  const file = join(folder, 'events.log')
  return {
    options: { file },
    trouble: {
      begin() {
        renameSync(folder, join(place, 'away'))
        writeFileSync(folder, '')
      },
      end() {
        rmSync(folder)
        renameSync(join(place, 'away'), folder)
      },
    },
    received: () =>
      readFileSync(file, 'utf8')
        .split('\n')
        .flatMap(line => (line === '' ? [] : String(JSON.parse(line).id))),
    close: () => rmSync(place, { recursive: true }),
  }
}

test('to a file: does what kec asks of a plugin', () =>
  conform(log, { options: logFile, wrongOptions: [{ maxSize: 'much' }, { file: 7 }, { fields: 'all' }] }))
