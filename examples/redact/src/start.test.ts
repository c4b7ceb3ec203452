// A real kec start with both, on the sandbox.
import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Kec, linesOf, place } from '../../../test/kec.ts'

test('what one plugin drops no sink gets; what an entry masks only its sink gets masked', { timeout: 120_000 }, async t => {
  const { sandbox, folder } = await place(t)
  writeFileSync(
    join(folder, 'redacting.config.ts'),
    `import log from '@kec/plugin-log'
    import redact from ${JSON.stringify(join(import.meta.dirname, 'index.ts'))}
    import { redacted } from ${JSON.stringify(join(import.meta.dirname, 'redacted.ts'))}
    export default {
      plugins: [
        redact({ patterns: ['password='] }),
        log({ file: 'all.log' }, { name: 'all' }),
        redacted(log({ file: 'outside.log' }, { name: 'outside', match: { kind: 'Pod' } }), /token=\\S+/),
      ],
      server: { port: 0 },
    }\n`,
  )
  const events = [
    ['Pod', 'pulled by token=abc'],
    ['Pod', 'login by password=abc'],
    ['Node', 'joined by token=abc'],
    ['Pod', 'started'],
  ] as const
  for (const [n, [kind, message]] of events.entries())
    sandbox.store.create({
      metadata: { name: `e-${n}` },
      message,
      reason: 'R',
      involvedObject: { kind, namespace: 'default', name: 'web' },
    })

  const kec = new Kec(t, folder, '--config', 'redacting.config.ts')
  const messages = (file: string) => {
    const path = join(folder, file)
    return existsSync(path) ? linesOf(readFileSync(path, 'utf8')).map(({ message }) => message) : []
  }
  await kec.until(() => messages('all.log').length >= 3 && messages('outside.log').length >= 2)
  kec.signal('SIGTERM')
  assert.equal(await kec.end(), 0)
  assert.deepEqual(messages('all.log'), ['pulled by token=abc', 'joined by token=abc', 'started'])
  assert.deepEqual(messages('outside.log'), ['pulled by [redacted]', 'started'])
})
