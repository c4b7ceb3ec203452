import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PLUGIN } from '@kec/plugin-api'
import { conform, startTestHost, testEvent } from '@kec/plugin-api/testing'
import redact from './index.ts'

const patterns = ['password=', 'BEGIN [A-Z ]*PRIVATE KEY']

test('drops an event in which a pattern is found, wherever it stands', async () => {
  await using kec = await startTestHost(redact({ patterns }))
  const secret = 'login with password=1234'
  assert.equal(kec.filter(testEvent()), true)
  for (const parts of [
    { message: secret },
    { annotations: { note: '-----BEGIN RSA PRIVATE KEY-----' } },
    { annotations: { [secret]: '' } },
    { labels: { note: secret } },
    { regarding: { name: secret } },
    { raw: { managedFields: [{ manager: secret }] } },
  ])
    assert.equal(kec.filter(testEvent(parts)), false, JSON.stringify(parts))
})

test('an event that cannot be looked into is dropped as well', async () => {
  await using kec = await startTestHost(redact({ patterns }))
  const broken = { ...testEvent() }
  Object.defineProperty(broken, 'raw', {
    get: () => {
      throw new Error('broken')
    },
  })
  assert.equal(kec.filter(broken), false)
  assert.deepEqual(kec.complaints, [])
})

test('its options are regular expressions, at least one', async () => {
  const schema = redact[PLUGIN].options ?? assert.fail('it has none')
  const issues = async (value: unknown) => (await schema['~standard'].validate(value)).issues?.map(({ message }) => message)
  assert.equal(await issues({ patterns }), undefined)
  assert.equal((await issues({ patterns: [] }))?.length, 1)
  assert.match((await issues({ patterns: ['('] }))?.[0] ?? '', /^must be a regular expression: SyntaxError/)
})

test('conforms', { timeout: 120_000 }, () => conform(redact, { options: { patterns }, wrongOptions: [{}, { patterns: ['('] }] }))
