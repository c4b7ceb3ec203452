// Mails over real TLS, to a real SMTP server in this process.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { type TestContext, test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import type { KubeEvent } from '@kec/plugin-api'
import type { SMTPServerOptions } from 'smtp-server'
import type { z } from 'zod'
import { Authority } from '../../../test/certificates.ts'
import { listen } from '../../../test/listen.ts'
import { Composer } from './compose.ts'
import { delivery, event, logTo, MailServer, refusal } from './fixture.ts'
import { options } from './options.ts'
import { Post } from './post.ts'
import { Sender } from './sender.ts'
import { serverOf } from './server.ts'

type Given = Partial<z.input<typeof options>>

const people = { from: 'kec <ops@example.org>', to: 'one@example.org' }

function postTo(server: { port: number; ca?: string }, given: Given = {}) {
  const lines: string[] = []
  const all = options.parse({
    host: '127.0.0.1',
    port: server.port,
    encryption: 'starttls',
    ...(server.ca === undefined ? {} : { ca: server.ca }),
    ...people,
    ...given,
  })
  const place = serverOf(all)
  const post = new Post(all, place, new Sender(all, place), new Composer(all, 'email', 'prod'), logTo(lines))
  return { post, lines, send: (events: readonly KubeEvent[] = [event()], handover = delivery()) => post.send(events, handover) }
}

async function start(t: TestContext, own: SMTPServerOptions = {}, given: Given = {}) {
  const server = await MailServer.start(t, own)
  return { server, ...postTo(server, given) }
}

/** Refuses or defers these recipients. */
const refusing = (answers: Readonly<Record<string, Error | undefined>>): SMTPServerOptions => ({
  onRcptTo: ({ address }, _session, callback) => callback(answers[address] ?? null),
})

test('STARTTLS with an own CA, a password: the mail arrives, in HTML and text, for each recipient', async t => {
  const given: Given = { user: 'ops', password: 'secret', to: ['One <one@example.org>', 'two@example.org'], cc: 'three@example.org' }
  const { server, send } = await start(t, {}, { ...given, replyTo: 'team@example.org' })
  await send()
  const [{ mail, from, to, source } = assert.fail()] = server.received
  assert.equal(server.logins, 1)
  assert.equal(from, 'ops@example.org')
  assert.deepEqual(to, ['one@example.org', 'two@example.org', 'three@example.org'])
  assert.equal(mail.subject, '[prod] 1 Warning event: BackOff (1)')
  assert.equal(mail.replyTo?.text, 'team@example.org')
  assert.equal(mail.headers.get('auto-submitted'), 'auto-generated')
  assert.equal(mail.headers.get('x-auto-response-suppress'), 'All')
  assert.match(mail.text ?? '', /1× BackOff {2}Pod shop\/web-1\n {4}Back-off restarting failed container/)
  assert.match(String(mail.html), /<b class="w" style="color:#b93815">BackOff<\/b> Pod shop\/web-1/)
  assert.match(source, /^Message-ID: <kec\.[0-9a-f]{32}@example\.org>\r$/m)
})

test('who is named twice gets it once', async t => {
  const { server, send } = await start(t, {}, { to: ['One <one@example.org>', 'one@example.org'], cc: 'one@example.org' })
  await send()
  assert.deepEqual(
    server.received.map(({ to }) => to),
    [['one@example.org']],
  )
})

test('encryption none speaks no TLS, even where that is offered', async t => {
  const server = await MailServer.start(t)
  await postTo({ port: server.port }, { encryption: 'none' }).send()
  assert.equal(server.received.length, 1)
})

test('a template opens no file and no address', async t => {
  const { server } = await start(t)
  for (const [html, refused] of [
    [{ path: '/etc/hostname' }, /File access rejected/],
    [{ href: 'http://127.0.0.1:1/' }, /Url access rejected/],
  ] as const) {
    const template = () => ({ html: html as never }) // JavaScript may
    await assert.rejects(postTo(server, { template }).send(), refused)
  }
  assert.equal(server.received.length, 0)
})

test('TLS from the first byte', async t => {
  const { server, send } = await start(t, { secure: true }, { encryption: 'tls' })
  await send()
  assert.equal(server.received.length, 1)
})

test('a certificate that nobody vouches for gets no mail, unless that is said; the error says what to do', async t => {
  for (const [secure, encryption] of [
    [false, 'starttls'],
    [true, 'tls'],
  ] as const) {
    const server = await MailServer.start(t, { secure })
    await assert.rejects(postTo({ port: server.port }, { encryption }).send(), /certificate of 127\.0\.0\.1:\d+ can't be verified: .*ca: /)
    assert.equal(server.received.length, 0)
    await postTo({ port: server.port }, { encryption, insecure: true }).send()
    assert.equal(server.received.length, 1)
  }
})

test('ca replaces the usual CAs: whom they vouch for is not trusted beside it', async t => {
  const server = await MailServer.start(t)
  const usual = getCACertificates()
  t.after(() => setDefaultCACertificates(usual))
  setDefaultCACertificates([...usual, server.ca])
  await postTo({ port: server.port }).send()
  await assert.rejects(
    postTo({ port: server.port, ca: new Authority('another').ca }).send(),
    /certificate of 127\.0\.0\.1:\d+ can't be verified/,
  )
  assert.equal(server.received.length, 1)
})

test('a path is no ca, nor are letters between the lines of PEM: it says what to write', () => {
  for (const ca of ['/etc/kec/ca.pem', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'])
    assert.throws(() => postTo({ port: 25, ca }), /must be certificates in PEM, not a path: '\$\{file:\/etc\/kec\/ca\.pem\}'/)
})

test('a certificate for another name gets no mail', async t => {
  const server = await MailServer.start(t, {}, 'mail.example.org')
  await assert.rejects(postTo(server).send(), /certificate of 127\.0\.0\.1:\d+ can't be verified: .*does not match/)
  assert.equal(server.received.length, 0)
})

test('a server without STARTTLS gets nothing, not even the login; with encryption none it does', async t => {
  const server = await MailServer.start(t, { hideSTARTTLS: true, disabledCommands: ['STARTTLS'], allowInsecureAuth: true })
  await assert.rejects(postTo(server, { user: 'ops', password: 'secret' }).send(), /does not offer STARTTLS .*encryption: 'none'/)
  assert.equal(server.logins, 0)
  assert.equal(server.received.length, 0)
  await postTo(server, { encryption: 'none', user: 'ops', password: 'secret' }).send()
  assert.equal(server.received.length, 1)
})

test('a wrong password: a clear error, without the password, and the server is left alone for long', async t => {
  const { server, send } = await start(t, {}, { user: 'ops', password: 'not-the-code' })
  const handover = delivery()
  await assert.rejects(send([event()], handover), (error: Error) => {
    assert.match(error.message, /refuses the login of ops: 535 .*Correct user and password/)
    assert.doesNotMatch(error.message, /not-the-code/)
    return true
  })
  assert.equal(handover.waited, 15 * 60_000)
  assert.equal(server.logins, 1)
})

test('a login that fails for now is tried again soon', async t => {
  const own: SMTPServerOptions = { onAuth: (_auth, _session, callback) => callback(refusal(454, 'Temporary authentication failure')) }
  const { send } = await start(t, own, { user: 'ops', password: 'secret' })
  const handover = delivery()
  await assert.rejects(send([event()], handover), /can't log in ops now: 454/)
  assert.equal(handover.waited, 60_000)
})

test('OAuth2: the access token is asked for with the refresh token', async t => {
  const asked: string[] = []
  const tokens = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    asked.push(Buffer.concat(chunks).toString())
    response.end(JSON.stringify({ access_token: 'a-token', expires_in: 3600 }))
  })
  const port = await listen(t, tokens)
  const oauth2 = { clientId: 'kec', clientSecret: 'hush', refreshToken: 'again', accessUrl: `http://127.0.0.1:${port}/token` }
  const { server, send } = await start(t, {}, { oauth2 })
  await send()
  assert.equal(server.received.length, 1)
  assert.match(asked[0] ?? '', /refresh_token=again/)
  assert.match(asked[0] ?? '', /grant_type=refresh_token/)
})

test('one recipient is refused: the others get the mail, once, and that one is named in the log', async t => {
  const { server, send, lines } = await start(t, refusing({ 'gone@example.org': refusal(550, 'No such user') }), {
    to: ['one@example.org', 'gone@example.org', 'two@example.org'],
  })
  await send()
  assert.deepEqual(
    server.received.map(({ to }) => to),
    [['one@example.org', 'two@example.org']],
  )
  assert.equal(lines.length, 1)
  assert.match(lines[0] ?? '', /^error .*refuses gone@example\.org \(550 No such user\); the other recipients have the mail/)
})

test('what a server says of a recipient is on one line of the log, cut, and moves no cursor', async t => {
  const said = refusal(550, `No such user \u001b[2J\u202e${'x'.repeat(400)}`)
  const { send, lines } = await start(t, refusing({ 'gone@example.org': said }), { to: ['one@example.org', 'gone@example.org'] })
  await send()
  assert.match(lines[0] ?? '', /gone@example\.org \(550 No such user/)
  assert.doesNotMatch(lines.join(), /[\p{Cc}\p{Cf}]/u)
  assert.ok((lines[0] ?? '').length < 400)
})

test('one recipient is greylisted: the others get the mail once, that one later the same, with its Message-ID', async t => {
  const answers: Record<string, Error | undefined> = { 'two@example.org': refusal(450, '4.2.0 Greylisted') }
  const { server, send, lines } = await start(t, refusing(answers), { to: ['one@example.org', 'two@example.org'] })
  const events = [event()]
  const handover = delivery()
  await assert.rejects(
    send(events, handover),
    /takes no mail now for two@example\.org \(450 4\.2\.0 Greylisted\); the other recipients have it/,
  )
  assert.equal(handover.waited, 60_000)
  answers['two@example.org'] = undefined
  await send(events)
  const [first, second, ...more] = server.received
  assert.deepEqual([first?.to, second?.to, more], [['one@example.org'], ['two@example.org'], []])
  assert.equal(second?.mail.messageId, first?.mail.messageId)
  assert.equal(second?.mail.to && [second.mail.to].flat()[0]?.text, 'one@example.org, two@example.org')
  assert.deepEqual(lines, [])
})

test('who is refused is not asked again while another one is waited for', async t => {
  const asked: string[] = []
  const answers: Record<string, Error> = {
    'gone@example.org': refusal(550, 'No such user'),
    'grey@example.org': refusal(450, 'Greylisted'),
  }
  const { send, lines } = await start(
    t,
    {
      onRcptTo({ address }, _session, callback) {
        asked.push(address)
        callback(answers[address] ?? null)
      },
    },
    { to: ['one@example.org', 'gone@example.org', 'grey@example.org'] },
  )
  const events = [event()]
  for (let attempt = 1; attempt <= 2; attempt++) await assert.rejects(send(events), /takes no mail now for grey@example\.org/)
  assert.deepEqual(asked, ['one@example.org', 'gone@example.org', 'grey@example.org', 'grey@example.org'])
  assert.equal(lines.length, 1)
})

test('one recipient is deferred without end: after ten times the others do not wait longer', async t => {
  const { server, send, lines } = await start(t, refusing({ 'full@example.org': refusal(452, 'Mailbox full') }), {
    to: ['one@example.org', 'full@example.org'],
  })
  const events = [event()]
  for (let attempt = 1; attempt <= 10; attempt++) await assert.rejects(send(events), /takes no mail now for full@example\.org/)
  await send(events)
  assert.equal(server.received.length, 1)
  assert.match(lines[0] ?? '', /^error .*did not take a mail for full@example\.org/)
})

test('all are greylisted: it comes again without end, as soon as kec likes', async t => {
  const { send } = await start(t, refusing({ 'one@example.org': refusal(450, 'Greylisted') }))
  const events = [event()]
  for (let attempt = 1; attempt <= 15; attempt++) {
    const handover = delivery()
    await assert.rejects(send(events, handover), /takes no mail now for one@example\.org \(450 Greylisted\)/)
    assert.equal(handover.waited, 0)
  }
})

test('all are refused: nothing is lost, the error names them, and the server is left alone for long', async t => {
  const { send } = await start(t, refusing({ 'one@example.org': refusal(550, 'No such user') }))
  const handover = delivery()
  await assert.rejects(send([event()], handover), /refuses every recipient: one@example\.org \(550 No such user\)/)
  assert.equal(handover.waited, 15 * 60_000)
})

test('the sender is refused: the error says so', async t => {
  const { send } = await start(t, { onMailFrom: (_address, _session, callback) => callback(refusal(553, 'Not your address')) })
  await assert.rejects(send(), /refuses the sender kec <ops@example\.org>: 553 Not your address/)
})

test('a mail that the server does not want is followed by one without any text of events', async t => {
  const bodies: string[] = []
  const { send } = await start(t, {
    onData(stream, _session, callback) {
      let body = ''
      stream.on('data', chunk => {
        body += chunk
      })
      stream.on('end', () => {
        bodies.push(body)
        callback(body.includes('GTUBE') || body.includes('Spam') ? refusal(554, 'Spam') : null)
      })
    },
  })
  const events = [event({ message: 'XJS*GTUBE', reason: 'Spam' }), event()]
  await assert.rejects(send(events), /refuses the mail: 554 Spam\. The next attempt goes without details/)
  await send(events)
  assert.equal(bodies.length, 2)
  assert.match(bodies[1] ?? '', /^Subject: \[prod\] 2 Warning events\r$/m)
  const ids = bodies.map(body => /^Message-ID: (.*)\r$/m.exec(body)?.[1])
  assert.equal(new Set(ids).size, 2, 'who remembers the refused one does not fold this away')
  await send([event()])
  assert.match(bodies[2] ?? '', /BackOff/)
})

test('a server that does not want that one either is left alone for long', async t => {
  const { send } = await start(t, {
    onData: (stream, _session, callback) => void stream.resume().on('end', () => callback(refusal(554, 'No'))),
  })
  const events = [event()]
  await assert.rejects(send(events), /The next attempt goes without details/)
  const handover = delivery()
  await assert.rejects(send(events, handover), /refuses the mail: 554 No, even without details\. It is tried again in 15 min/)
  assert.equal(handover.waited, 15 * 60_000)
})

test('who has a mail gets the next one, and the same once more if that is replayed', async t => {
  const answers: Record<string, Error | undefined> = { 'two@example.org': refusal(450, 'Greylisted') }
  const { server, send } = await start(t, refusing(answers), { to: ['one@example.org', 'two@example.org'] })
  await assert.rejects(send([event()]), /takes no mail now for two@example\.org/)
  answers['two@example.org'] = undefined
  const events = [event()]
  await send(events)
  await send(events, delivery({ replay: true }))
  const both = ['one@example.org', 'two@example.org']
  assert.deepEqual(
    server.received.map(({ to }) => to),
    [['one@example.org'], both, both],
  )
})

test('a server that is not there: what it was, and where', async t => {
  const server = await MailServer.start(t)
  const { send } = postTo({ port: 1, ca: server.ca })
  await assert.rejects(send(), /^Error: 127\.0\.0\.1:1: connect ECONNREFUSED/)
})

test('the time limit ends a server that says nothing', async t => {
  const { send } = await start(t, { onConnect: () => {} })
  const limit = new AbortController()
  const sent = send([event()], delivery({ signal: limit.signal }))
  limit.abort(new Error('no answer within 180000 ms'))
  await assert.rejects(sent, /127\.0\.0\.1:\d+/)
})
