import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '../..')

test("somebody else's journal: whose it is, not what the disk may have", t => {
  const outside = mkdtempSync(join(tmpdir(), 'kec-test-'))
  t.after(() => rmSync(outside, { recursive: true }))
  chmodSync(outside, 0o755)
  const folder = join(outside, 'journal')
  const file = join(folder, 'journal.db')
  mkdirSync(folder)
  writeFileSync(file, '', { mode: 0o600 })
  const isRoot = process.getuid?.() === 0
  // Root may read everything: then somebody else tries.
  const open = () => {
    const program = `import { openReader } from './src/operate/place.ts'
      try { openReader({ file: ${JSON.stringify(file)} }) } catch (error) { console.log(error.code, error.message) }`
    const stranger = isRoot && { uid: 65_534, gid: 65_534 }
    const args = ['--input-type=module-typescript', '--eval', program]
    return spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8', ...stranger }).stdout
  }
  if (!isRoot) chmodSync(file, 0)
  assert.equal(open(), `KEC_JOURNAL Only its owner may read the journal ${file}.\n`)
  chmodSync(folder, isRoot ? 0o700 : 0)
  const closed = open()
  chmodSync(folder, 0o700)
  assert.equal(closed, `KEC_JOURNAL Only its owner may read the journal ${file}.\n`)
})
