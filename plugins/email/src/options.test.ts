import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressOf, options } from './options.ts'
import { serverOf } from './server.ts'

const people = { from: 'kec <kec@example.org>', to: 'ops@example.org' }

/** Where each mistake is, and what is said of it. */
function mistakes(given: object): string[] {
  const { error } = options.safeParse(given)
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')} ${message}`)
}

test('which server, and how it is spoken to', () => {
  const server = (given: object) => serverOf(options.parse({ ...people, ...given }))
  const host = 'mail.example.org'
  assert.deepEqual(server({ host }), { host, port: 587, encryption: 'starttls' })
  assert.deepEqual(server({ host, port: 465 }), { host, port: 465, encryption: 'tls' })
  assert.deepEqual(server({ host, encryption: 'tls' }), { host, port: 465, encryption: 'tls' })
  assert.deepEqual(server({ host, encryption: 'none' }), { host, port: 25, encryption: 'none' })
  assert.deepEqual(server({ service: 'QQ' }), { host: 'smtp.qq.com', port: 465, encryption: 'tls' })
  assert.deepEqual(server({ service: 'Outlook365' }), { host: 'smtp.office365.com', port: 587, encryption: 'starttls' })
})

test('a mistake is told with its place', () => {
  const host = 'mail.example.org'
  assert.match(mistakes(people).join(), /^host is missing: give host, or a service/)
  assert.match(mistakes({ ...people, service: 'QQ', port: 25 }).join(), /^service says host, port and encryption already/)
  assert.match(mistakes({ ...people, service: 'Nobody' }).join(), /^service is no service whose server is known/)
  const oauth2 = { clientId: 'kec', clientSecret: 'hush', refreshToken: 'again' }
  assert.match(mistakes({ ...people, host, password: 'hush', oauth2 }).join(), /^oauth2 stands beside password/)
  assert.match(mistakes({ ...people, host, timeZone: 'Mars/Olympus' }).join(), /^timeZone must be a time zone/)
  assert.match(mistakes({ ...people, host, interval: '5 minutes' }).join(), /^interval must be a time such as/)
  assert.match(mistakes({ ...people, host, template: 'html' }).join(), /^template must be a function/)
  assert.deepEqual(mistakes({ ...people, host }), [])
})

test('the sender is the login, if that is an address; else it must be named, which is told with all other mistakes', () => {
  const login = { service: 'QQ', password: 'hush', to: 'ops@example.org' }
  assert.equal(options.parse({ ...login, user: 'ops@qq.com' }).from, 'ops@qq.com')
  assert.equal(options.parse({ ...login, user: 'ops@qq.com', from: 'kec <kec@qq.com>' }).from, 'kec <kec@qq.com>')
  for (const given of [login, { ...login, user: 'ops' }, { ...login, user: 'Ops <ops@qq.com>' }, { ...login, user: 'a@qq.com,b@qq.com' }])
    assert.match(mistakes(given).join(), /^from is missing: give the sender/)
  assert.deepEqual(
    mistakes({ ...login, interval: 'soon' }).map(mistake => mistake.split(' ')[0]),
    ['interval', 'from'],
  )
  assert.deepEqual(
    mistakes({ ...login, user: 7 }).map(mistake => mistake.split(' ')[0]),
    ['user'],
  )
})

test('an address is one address, and adds no header and no recipient', () => {
  assert.equal(addressOf('Operations <ops@example.org>'), 'ops@example.org')
  const wrong = [
    '',
    'ops',
    'a@example.org, b@example.org',
    'kec\r\nBcc: <evil@example.org>',
    'a: b@example.org;',
    'kec\r\nX <ops@example.org>',
  ]
  for (const from of wrong) assert.match(mistakes({ ...people, host: 'mail', from }).join(), /^from must be one address/, from)
  for (const to of wrong) assert.equal(mistakes({ ...people, host: 'mail', to: ['ops@example.org', to] }).length, 1, to)
})
