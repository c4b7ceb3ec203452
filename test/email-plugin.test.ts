// The email plugin in a `kec start`, with an SMTP server that takes its mails. What servers may refuse is tried in the plugin's own package.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { MailServer } from '../plugins/email/src/fixture.ts'
import { Kec, linesOf, ownPort, place } from './kec.ts'

test('history is not mailed, what is new goes out at once, and the next digest waits for its time, over restarts', async t => {
  const server = await MailServer.start(t)
  const { sandbox, folder } = await place(t)
  const happens = (name: string, type = 'Warning') =>
    sandbox.store.create({
      metadata: { name },
      type,
      reason: 'BackOff',
      message: `message of ${name}`,
      involvedObject: { kind: 'Pod', name },
    })
  const mails = () => server.received.map(({ mail: { subject, text } }) => ({ subject, text: text ?? '' }))
  /** A kec from its start until so many events are logged and the condition holds; these happen once it watches. */
  const run = async (interval: string, logged: number, condition: (kec: Kec) => boolean, names: readonly string[] = []) => {
    const common = { host: '127.0.0.1', port: server.port, ca: server.ca, from: 'kec@example.org', to: 'ops@example.org' }
    const plugins = ['log', { use: 'email', options: { ...common, interval } }]
    writeFileSync(join(folder, 'kec.config.json'), JSON.stringify({ ...ownPort, journal: { dir: 'journal' }, plugins }))
    const kec = new Kec(t, folder)
    await kec.until(() => sandbox.watches.size === 1)
    for (const name of names) happens(name)
    await kec.until(() => linesOf(kec.stdout).length === logged && condition(kec))
    kec.signal('SIGTERM')
    assert.equal(await kec.end(), 0, kec.stderr)
  }

  happens('history')
  await run('1h', 2, () => mails().length === 1, ['first'])
  assert.equal(mails()[0]?.subject, '[sandbox] 1 Warning event: BackOff (1)')
  assert.match(mails()[0]?.text ?? '', /1× BackOff {2}Pod first\n {4}message of first/)

  for (const name of ['second', 'third', 'fourth']) happens(name)
  happens('fifth', 'Normal')
  await run('1h', 4, ({ log }) => log.some(({ message }) => /the next mail may go out at .*shortly before kec started/.test(message)))
  assert.equal(mails().length, 1)

  await run('1s', 0, () => mails().length === 2)
  assert.equal(mails()[1]?.subject, '[sandbox] 3 Warning, 1 Normal events: BackOff (3), BackOff (1)')
  for (const name of ['second', 'third', 'fourth', 'fifth']) assert.match(mails()[1]?.text ?? '', new RegExp(`message of ${name}`))
  assert.doesNotMatch(
    mails()
      .map(({ text }) => text)
      .join(),
    /history/,
  )
})
