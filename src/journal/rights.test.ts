// Places where kec may not write. Root may everywhere, so as root the tests run kec's part as nobody.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { decode } from '../../test/events.ts'
import { folderWith } from '../../test/folder.ts'
import { KecError } from '../errors.ts'
import { openJournal } from './sqlite.ts'

const [, , what, file] = process.argv
if (what === 'open' && file !== undefined) {
  try {
    openJournal({ file, decode }).close()
  } catch (error) {
    if (!(error instanceof KecError)) throw error
    console.log(`${error.code}: ${error.message} ${error.fix}`)
  }
  process.exit()
}
if (what === 'nothing') process.exit()

const nobody = 65_534
const isRoot = process.getuid?.() === 0
const child = { encoding: 'utf8', ...(isRoot && { uid: nobody, gid: nobody }) } as const
/** Whoever the child is, it must be able to read kec. */
const mayRead = spawnSync(process.execPath, [import.meta.filename, 'nothing'], child).status === 0
const skip = mayRead ? false : 'as root only nobody can be refused, and nobody may not read this checkout'

/** What someone is told who may not. */
function told(file: string): string {
  const { stdout, stderr, status } = spawnSync(process.execPath, [import.meta.filename, 'open', file], child)
  assert.equal(status, 0, stderr)
  return stdout
}

const helps = (file: string) =>
  new RegExp(`^KEC_JOURNAL: Cannot open the journal ${file}(.lock)?: .*denied.*the folder is writable for this user`)

test('a folder that kec may not write to: said, with the remedy', { skip }, context => {
  const above = folderWith(context, {})
  chmodSync(above, 0o755)
  const folder = join(above, 'read-only')
  mkdirSync(folder, { mode: 0o555 })
  const file = join(folder, 'journal.db')
  assert.match(told(file), helps(file))
})

const skipOthers = isRoot ? skip : 'only root can make a file of somebody else'

test('a file of somebody else: said, with the remedy, and left as it is', { skip: skipOthers }, context => {
  for (const name of ['journal.db', 'journal.db.lock']) {
    const folder = folderWith(context, { [name]: 'not yours' })
    chmodSync(join(folder, name), 0o600)
    chownSync(folder, nobody, nobody)
    assert.match(told(join(folder, 'journal.db')), helps(join(folder, 'journal.db')))
    assert.equal(readFileSync(join(folder, name), 'utf8'), 'not yours')
  }
})
