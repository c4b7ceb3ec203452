// `npm run check` on a copy of the repository in which faults are planted.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, test } from 'node:test'

const root = join(import.meta.dirname, '..')
const folders: string[] = []
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true })
})

const settings = ['package.json', 'tsconfig.json', 'biome.json', 'knip.json', '.gitignore', 'tools']
const sources = ['src', 'bin', 'plugin-api', 'plugins', 'examples', 'test', 'bench', 'kec.config.ts']
const pages = ['README.md', 'README.zh.md', 'CHANGELOG.md', 'LICENSE', 'docs', 'deploy']

function check(copied: readonly string[], planted: Readonly<Record<string, string>> = {}): { status: number | null; text: string } {
  const folder = mkdtempSync(join(tmpdir(), 'kec-check-'))
  folders.push(folder)
  for (const name of copied)
    cpSync(join(root, name), join(folder, name), { recursive: true, filter: path => basename(path) !== 'node_modules' })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  for (const [path, text] of Object.entries(planted)) {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const { status, stdout, stderr } = spawnSync(process.execPath, ['tools/check.ts'], { cwd: folder, encoding: 'utf8' })
  return { status, text: stdout + stderr }
}

test('each planted fault is found by its step, and named', () => {
  const { status, text } = check([...settings, ...sources, ...pages], {
    'src/planted-type.ts': "export const planted: number = 'text'\n",
    'src/source/planted-import.ts': "import { openJournal } from '../journal/sqlite.ts'\n\nopenJournal satisfies unknown\n",
    'src/planted-cycle-a.ts': "import { b } from './planted-cycle-b.ts'\n\nexport const a = (): unknown => b\n",
    'src/planted-cycle-b.ts': "import { a } from './planted-cycle-a.ts'\n\nexport const b = (): unknown => a\n",
    'src/planted-undeclared.ts': "import { it } from 'never-declared'\n\nit satisfies unknown\n",
    'examples/webhook/src/planted-core.ts': "import { codes } from '../../../src/errors.ts'\n\ncodes satisfies unknown\n",
    'plugin-api/src/testing/conform/planted-core.ts': "import { codes } from '../../../../src/errors.ts'\n\ncodes satisfies unknown\n",
    'src/source/planted-host.ts': "import { SinkState } from '@kec/plugin-api/host'\n\nSinkState satisfies unknown\n",
    'plugins/log/src/planted-host.ts': "import { SinkState } from '@kec/plugin-api/host'\n\nSinkState satisfies unknown\n",
    'src/planted-unused.ts': 'export const plantedUnused = 1\n',
    'plugin-api/src/delivery.ts': readFileSync(join(root, 'plugin-api/src/delivery.ts'), 'utf8').replace(
      'slowDown(ms: number)',
      'slowDown(seconds: number)',
    ),
    'plugins/planted/package.json': JSON.stringify({
      ...{ name: '@kec/plugin-planted', version: '0.1.0', license: 'Apache-2.0', type: 'module', engines: { node: '>=24.15' } },
      ...{ exports: { '.': './src/index.ts' }, main: './src/index.ts', peerDependencies: { '@kec/plugin-api': '0.1.0' } },
    }),
    'plugins/planted/README.md': 'Planted.\n',
    'plugins/planted/src/index.ts': "export { definePlugin as default } from '@kec/plugin-api'\n",
    'src/planted.test.ts': "import './planted-type.ts'\nimport './planted-unused.ts'\n",
  })
  assert.equal(status, 1, text)
  const [types = '', lint = '', unused = '', api = '', packages = ''] = text.split(/^(?=FAIL|ok )/m)
  assert.match(types, /^FAIL types[\s\S]*src\/planted-type\.ts\(1,14\): error TS2322/)
  assert.match(lint, /^FAIL lint/)
  for (const [file, rule] of [
    ['src/source/planted-import.ts', 'noRestrictedImports'],
    ['src/planted-cycle-a.ts', 'noImportCycles'],
    ['src/planted-undeclared.ts', 'noUndeclaredDependencies'],
    ['examples/webhook/src/planted-core.ts', 'noRestrictedImports'],
    ['plugin-api/src/testing/conform/planted-core.ts', 'noRestrictedImports'],
    ['src/source/planted-host.ts', 'noRestrictedImports'],
    ['plugins/log/src/planted-host.ts', 'noRestrictedImports'],
  ] as const)
    assert.match(lint, new RegExp(`${file}:\\d+:\\d+ lint/\\w+/${rule}`))
  assert.match(unused, /^FAIL unused code[\s\S]*plantedUnused +src\/planted-unused\.ts/)
  assert.match(api, /^FAIL what plugins compile against[\s\S]*npm run api[\s\S]*^\+ +slowDown\(seconds: number\)/m)
  assert.match(packages, /^FAIL packages[\s\S]*^@kec\/plugin-planted: publint: .*main/m)
})

test('a check that looked at nothing is red', () => {
  const { status, text } = check(settings)
  assert.equal(status, 1)
  assert.equal(text.match(/^FAIL/gm)?.length, 5, text)
})
