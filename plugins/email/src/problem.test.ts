import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { z } from 'zod'
import { options } from './options.ts'
import { problemOf } from './problem.ts'
import type { SmtpError } from './sender.ts'
import { serverOf } from './server.ts'

const minute = 60_000

/** What follows from an error of nodemailer's with these fields. */
function problem(fields: Partial<SmtpError>, given: Partial<z.input<typeof options>> = { host: 'mail.example.org' }) {
  const all = options.parse({ from: 'me@example.org', to: 'you@example.org', ...given })
  return problemOf(Object.assign(new Error(fields.message ?? 'failed'), fields), all, serverOf(all))
}

const login = { code: 'EAUTH', responseCode: 535, response: '535 Login Fail.' }

test('a refused login is told with what its provider wants, and the server is left alone', () => {
  const oauth2 = { clientId: 'kec', clientSecret: 'hush', refreshToken: 'again' }
  const helps: [Partial<z.input<typeof options>>, RegExp][] = [
    [{ service: 'QQ' }, /smtp\.qq\.com:465 refuses the login of me@example\.org: 535 .*authorisation code \(授权码\).*mail\.qq\.com/],
    [{ service: 'QQex' }, /授权码/],
    [{ service: '163' }, /smtp\.163\.com:465 .*authorisation code \(授权码\)/],
    [{ service: 'Gmail' }, /app password, not that of the account, or oauth2/],
    [{ service: 'Gmail', oauth2 }, /Correct oauth2/],
    [
      { host: 'mail.example.org', user: 'kec' },
      /mail\.example\.org:587 refuses the login of kec: 535 Login Fail\.\. Correct user and password/,
    ],
  ]
  for (const [given, said] of helps) {
    const { message, wait } = problem(login, given)
    assert.match(message, said)
    assert.equal(wait, 15 * minute)
  }
})

test('a login that fails for now is a matter of a minute', () => {
  const { message, wait } = problem({ code: 'EAUTH', responseCode: 454, response: '454 4.7.0 Temporary authentication failure' })
  assert.match(message, /can't log in me@example\.org now: 454/)
  assert.equal(wait, minute)
})

test('a refused sender waits for a person, a deferred one does not', () => {
  const refused = { command: 'MAIL FROM', responseCode: 553, response: '553 Not yours' }
  assert.equal(problem(refused).wait, 15 * minute)
  assert.equal(problem({ ...refused, responseCode: 451, response: '451 Later' }).wait, 0)
})

test('a mail that is refused for good, for its words or its size, is a refusal; one that is deferred comes again as it is', () => {
  const data = { command: 'DATA', responseCode: 554, response: '554 Spam' }
  assert.deepEqual(problem(data), { message: 'mail.example.org:587 refuses the mail: 554 Spam', wait: minute, isRefusal: true })
  assert.equal(problem({ ...data, responseCode: 452, response: '452 Disk full' }).isRefusal, false)
  const { message, isRefusal } = problem({ code: 'EMESSAGE', message: 'Message size larger than allowed 9000' })
  assert.match(message, /takes no mail of this size: Message size larger than allowed 9000/)
  assert.equal(isRefusal, true)
})

test('TLS spoken to a port that has none, and the other way round', () => {
  const wrongVersion = { message: 'ssl3_get_record:wrong version number' }
  assert.match(problem(wrongVersion, { host: 'mail', port: 465 }).message, /mail:465 does not speak TLS from the first byte/)
  assert.match(problem(wrongVersion, { host: 'mail' }).message, /mail:587 answered STARTTLS with something that is not TLS/)
})

test('what a server says is on one line, cut, and moves no cursor', () => {
  const { message } = problem({ responseCode: 451, response: `451 later\r\n\u001b[2J${'x'.repeat(9_999)}` })
  assert.doesNotMatch(message, /\p{Cc}/u)
  assert.ok(message.length < 300)
})
