import { test } from 'node:test'
import { conform } from '@kec/plugin-api/testing'
import { MailServer, refusal } from './fixture.ts'
import email from './index.ts'

test('does what kec asks of a plugin', async t => {
  let is: 'well' | 'down' | 'silent' = 'well'
  const mails = await MailServer.start(t, {
    onConnect(_, callback) {
      mails.received.length = 0 // it is not they that may grow
      if (is === 'down') callback(refusal(421, 'No mail today'))
      else if (is === 'well') callback()
    },
  })
  const turnTo = (how: typeof is) => () => {
    is = how
  }
  const addresses = { from: 'kec@example.org', to: 'ops@example.org' }
  await conform(email, {
    options: { host: '127.0.0.1', port: mails.port, ca: mails.ca, user: 'ops', password: 'secret', ...addresses },
    trouble: { begin: turnTo('down'), end: turnTo('well'), asked: () => mails.connections },
    silence: { begin: turnTo('silent'), end: turnTo('well') },
    patience: 1_000,
    secrets: ['secret'],
    wrongOptions: [addresses, { host: 'mail', from: 'nobody', to: 'ops@example.org' }],
  })
})
