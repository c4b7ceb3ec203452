// The plugin by its pace, on the clock of the test host, with a mail server in this process.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { startTestHost } from '@kec/plugin-api/testing'
import type { z } from 'zod'
import { event, MailServer, pod } from './fixture.ts'
import email from './index.ts'
import type { options } from './options.ts'

const minute = 60_000
const people = { from: 'kec@example.org', to: 'ops@example.org' }

async function mailing(t: TestContext, own: Partial<z.input<typeof options>> = {}) {
  const server = await MailServer.start(t)
  const kec = await startTestHost(email({ host: '127.0.0.1', port: server.port, ca: server.ca, ...people, ...own }), { patience: 30_000 })
  t.after(() => kec.stop())
  const subjects = () => server.received.map(({ mail: { subject = '' } }) => subject.replace(/^.*: /, ''))
  /** Each of a reason of its own. */
  const happens = async (...reasons: readonly string[]) => {
    kec.feed(...reasons.map(reason => event({ reason })))
    await kec.settled()
  }
  return { kec, server, subjects, happens }
}

test('the first goes out at once; what happens within the interval is one mail, once that is over', async t => {
  const { kec, subjects, happens } = await mailing(t, { interval: '5m' })
  await happens('First')
  assert.deepEqual(subjects(), ['First (1)'])
  await happens('Second')
  await kec.advance(minute)
  await happens('Third')
  await kec.advance(3 * minute)
  assert.deepEqual(subjects(), ['First (1)'])
  await kec.advance(minute)
  assert.deepEqual(subjects(), ['First (1)', 'Second (1), Third (1)'])
  assert.equal(kec.delivered.length, 3)
})

test('so many mails within an hour, however short the interval', async t => {
  const { kec, subjects, happens } = await mailing(t, { interval: '1s', maxPerHour: 2 })
  for (const reason of ['First', 'Second', 'Third']) {
    await happens(reason)
    await kec.advance(10_000)
  }
  assert.deepEqual(subjects(), ['First (1)', 'Second (1)'])
  await kec.advance(60 * minute)
  assert.deepEqual(subjects(), ['First (1)', 'Second (1)', 'Third (1)'])
})

test('a restart does not hurry a mail: it waits for its time, and is not tried in between', async t => {
  const { kec, server, subjects, happens } = await mailing(t, { interval: '5m' })
  await happens('First')
  await kec.restart()
  await happens('Second')
  await kec.advance(4 * minute)
  assert.deepEqual(subjects(), ['First (1)'])
  assert.equal(server.connections, 1)
  const [, waiting, ...more] = kec.handovers
  assert.match(String(waiting?.error), /the next mail may go out at .*shortly before kec started/)
  assert.equal(more.length, 0)
})

test('what was there before kec came is not mailed, nor an update in which nothing happened; a replay is', async t => {
  const { kec, subjects } = await mailing(t, { interval: '0s' })
  const [old, still] = [event({ historical: true, reason: 'Old' }), event({ occurrences: 0, reason: 'Still' })]
  kec.feed(old, still)
  await kec.settled()
  assert.deepEqual(subjects(), [])
  assert.equal(kec.delivered.length, 2)
  kec.feed(old, event({ reason: 'New' }))
  await kec.settled()
  assert.deepEqual(subjects(), ['New (1)'])
  kec.replay(old)
  await kec.settled()
  assert.deepEqual(subjects(), ['New (1)', 'Old (1)'])
})

test('thousands of events are one mail', async t => {
  const { kec, server } = await mailing(t)
  kec.feed(...Array.from({ length: 4_000 }, (_, i) => event({ regarding: pod(`web-${i}`) })))
  await kec.settled()
  assert.deepEqual(
    server.received.map(({ mail }) => mail.subject),
    ['[test] 4,000 Warning events: BackOff (4000)'],
  )
})

test('what is not safe is said at the start', async () => {
  const warnings = async (own: Partial<z.input<typeof options>>) => {
    await using kec = await startTestHost(email({ host: 'mail.example.org', ...people, ...own }))
    return kec.log.map(({ level, message }) => `${level}: ${message}`)
  }
  assert.deepEqual(await warnings({ password: 'hush' }), [])
  assert.deepEqual(await warnings({ encryption: 'none' }), [])
  assert.deepEqual(await warnings({ insecure: true }), [
    'warn: the certificate of mail.example.org is not verified: whoever is on the way can read the mails',
  ])
  assert.deepEqual(await warnings({ encryption: 'none', password: 'hush' }), [
    'warn: the login goes to mail.example.org unencrypted: whoever is on the way can read it',
  ])
})
