// A real kec start with this configuration, on the sandbox.
import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Kec, linesOf, place } from '../../../test/kec.ts'

test('each sink gets what its rules let through, in its own form', { timeout: 120_000 }, async t => {
  const { sandbox, folder } = await place(t)
  const config = join(import.meta.dirname, '../kec.config.ts')
  writeFileSync(
    join(folder, 'own-port.config.ts'),
    `import config from ${JSON.stringify(config)}\nexport default { ...config, server: { port: 0 } }\n`,
  )
  for (const [type, kind, name] of [
    ['Warning', 'Pod', 'web'],
    ['Normal', 'Pod', 'db'],
    ['Warning', 'Job', 'nightly-1'],
    ['Normal', 'Job', 'nightly-2'],
    ['Normal', 'Job', 'hourly-1'],
    ['Warning', 'Node', 'node-1'],
    ['Normal', 'Node', 'node-2'],
  ] as const)
    sandbox.store.create({ metadata: { name }, type, reason: 'R', involvedObject: { kind, namespace: 'default', name } })

  const kec = new Kec(t, folder, '--config', 'own-port.config.ts')
  const names = (file: string) => {
    const path = join(folder, file)
    return existsSync(path) ? linesOf(readFileSync(path, 'utf8')).map(({ name }) => name) : []
  }
  await kec.until(() => names('warnings.log').length >= 3 && names('pods.log').length >= 4)
  kec.signal('SIGTERM')
  assert.equal(await kec.end(), 0)
  assert.deepEqual(names('warnings.log').sort(), ['nightly-1', 'node-1', 'web'])
  assert.deepEqual(names('pods.log').sort(), ['db', 'nightly-1', 'nightly-2', 'web'])
  assert.deepEqual(Object.keys(linesOf(readFileSync(join(folder, 'pods.log'), 'utf8'))[0]), ['timestamp', 'name', 'message'])
})
