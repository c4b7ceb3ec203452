// What docs/guarantees.md says of the email plugin: a mail whose acknowledgement a kill -9 cut off comes again, and can be known by its Message-ID.
import assert from 'node:assert/strict'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { MailServer } from '../plugins/email/src/fixture.ts'
import { Kec, place } from './kec.ts'

test('kill -9 while the mail server has the mail and kec not its answer: it comes again with the same Message-ID, and nothing is missing', async t => {
  const mails: string[] = []
  const server = await MailServer.start(t, {
    async onData(stream, _session, callback) {
      mails.push(await text(stream))
      if (mails.length > 1) callback() // the first one is never answered
    },
  })
  const options = { host: '127.0.0.1', port: server.port, ca: server.ca, from: 'kec@example.org', to: 'ops@example.org' }
  const { sandbox, folder } = await place(t, { journal: { dir: 'journal' }, plugins: [{ use: 'email', options }] })
  const happens = (name: string) =>
    sandbox.store.create({ metadata: { name }, type: 'Warning', reason: 'BackOff', message: `message of ${name}` })

  const killed = new Kec(t, folder)
  await killed.until(() => sandbox.watches.size === 1)
  happens('first')
  await killed.until(() => mails.length === 1)
  killed.signal('SIGKILL')
  await killed.end()
  happens('second')
  const next = new Kec(t, folder)
  await next.until(() => mails.length === 2)

  const [before, again] = mails.map(mail => /^Message-ID: (<kec\.[0-9a-f]{32}@example\.org>)\r$/m.exec(mail)?.[1])
  assert.ok(before)
  assert.equal(again, before)
  assert.match(mails[1] ?? '', /message of first/)
})
