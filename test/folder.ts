import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'

/** A folder of its own with these files, gone after the test. Far from any node_modules. */
export function folderWith(t: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'kec-test-'))
  t.after(() => {
    try {
      rmSync(folder, { recursive: true })
    } catch {
      // What still runs in it has just written something. It is killed by a hook that comes later, and would not if this one threw.
    }
  })
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}
