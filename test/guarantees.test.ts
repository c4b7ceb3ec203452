import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '..')

/** The names of a file's tests; what is computed in a name may be anything. */
function namesIn(file: string): RegExp[] {
  const found = readFileSync(join(root, file), 'utf8').matchAll(/\btest\(\s*(?:'((?:[^'\\]|\\.)+)'|"((?:[^"\\]|\\.)+)"|`([^`]+)`)/g)
  return [...found].map(([, single, double, template]) => {
    const parts = template?.split(/\$\{[^}]*\}/) ?? [(single ?? double ?? '').replaceAll(/\\(.)/g, '$1')]
    return new RegExp(`^${parts.map(part => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.+')}$`)
  })
}

/** Of both tables, without their heads. */
const rows = readFileSync(join(root, 'docs/guarantees.md'), 'utf8')
  .split('\n')
  .filter((line, i, lines) => line.startsWith('| ') && !lines[i + 1]?.startsWith('|--'))

test('docs/guarantees.md names a test for each case, and each of them is there', () => {
  assert.ok(rows.length >= 11)
  for (const row of rows) {
    const named = [...row.matchAll(/`((?:src|test|plugins)\/[\w./-]+\.test\.ts)`: "([^"]+)"/g)]
    assert.ok(named.length > 0, `no test in ${row}`)
    for (const [, file = '', name = ''] of named)
      assert.ok(
        namesIn(file).some(pattern => pattern.test(name)),
        `${file} has no test "${name}"`,
      )
  }
})

test('it says of each built-in sink what stands in the system behind it', () => {
  const first = rows.map(row => row.split(' | ')[0]?.slice(2))
  for (const plugin of readdirSync(join(root, 'plugins'))) assert.ok(first.includes(plugin), plugin)
})
