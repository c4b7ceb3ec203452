// Each sin of test/bad-plugins, and what the conformance kit says of it: that, and nothing else.
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { definePlugin } from '@kec/plugin-api'
import { ConformanceError, conform } from '@kec/plugin-api/testing'
import { FakeSystem, options } from './fake-system.ts'

const folder = join(import.meta.dirname, 'bad-plugins')

/** What the kit is told of a plugin: nothing, or the system behind it; with `refuses` one that refuses an event, too. */
const subjects = {
  none: {},
  system: { options: () => FakeSystem.begin(), secrets: ['s3cret'] },
  refuses: { options: () => FakeSystem.begin('refuses') },
  trouble: { options: { how: 'is down', well: '/dev/null', to: '/dev/null/x' } },
  picky: { options: { url: 'http://localhost/' } },
  wrong: { wrongOptions: [{ url: 'no address' }] },
}

const sins: Readonly<Record<string, readonly [subject: keyof typeof subjects, ...seen: (string | RegExp)[]]>> = {
  'answers-too-early': ['none', 'onEvent threw at a single event, though nothing was in its way: the write failed'],
  'asks-for-ever': ['none', 'a single event came again and again, and 1 of its events were never settled'],
  'bad-name': ['none', /^"bad name\\n" is no usable name: /],
  blocks: ['none', 'it blocked the thread for more than 0.3 s of computing'],
  'breaks-for-good': [
    'system',
    'after a time-out it does not deliver again: closed',
    'after the trouble it does not deliver again: closed',
  ],
  'calls-back-twice': ['none', 'onEvent called back again; only the first call counts'],
  'cannot-restart': [
    'none',
    'it does not start again after a restart: the state is not empty',
    'it does not start again after a kill: the state is not empty',
  ],
  chokes: ['system', 'an event with nothing but empty texts fails each time: no message'],
  'chokes-on-many': ['none', 'hostile events that are delivered one by one fail together in a batch'],
  'collects-wrongly': ['none', /^its metrics cannot be scraped: the metric open_files has no label file/],
  exits: ['none', 'it called process.exit', /^onEvent threw at a single event, .*must not end the process$/],
  'filters-late': ['none', 'onFilter must answer at once; a promise is ignored, and keeps the event'],
  'filters-rashly': ['none', 'onFilter threw, which keeps the event: no reason'],
  'forgets-to-await': [
    'system',
    'onEvent ended before its work: 5 events were acknowledged, and the system had them only later',
    /^onEvent acknowledged \d+ events, and \d+ of them never came to the system$/,
    'onEvent ended well while its system was in trouble: 20 events were acknowledged that the system does not have',
  ],
  'gives-up': ['system', 'it rejected events because its system was in trouble: Error: the system is down'],
  'grows-its-metrics': ['system', 'its metrics grow with each event: 10000 series after 10000'],
  'grows-its-state': ['system', 'its state grows with each event: 10000 keys after 10000'],
  hangs: ['none', 'onEvent got a single event and has not ended, not even after its signal aborted', 'onShutdown never answered'],
  'has-a-limit': ['none', 'of 10000 events one after the other only the first 3500 went through'],
  'hides-refusals': ['refuses', 'an event that its system refuses is acknowledged as delivered'],
  'holds-up': ['refuses', 'one event that its system refuses holds up all that come after it'],
  'ignores-signal': ['system', 'onEvent did not end when its signal aborted, while its system said nothing'],
  'keeps-a-lock': ['system', 'after a kill in the middle of a batch it does not deliver what is left'],
  'keeps-events': ['system', /^it holds events that it has delivered: after 10000 of them, [89]\d{3} are still in memory$/],
  'keeps-texts': ['system', /^memory grows with each event: \d{3,4} bytes for each of 10000$/],
  'marks-late': ['none', 'a mark came after the batch had ended; it is ignored'],
  'marks-strangers': ['none', 'a mark is for an event that is not in the batch; it is ignored'],
  'measures-nothing': ['none', 'the metric ratio has the value NaN'],
  mutates: ['none', 'it changes the events that it gets: message', 'it changes the batch that it gets'],
  'named-export': ['none', 'this is no plugin'],
  'names-metrics-badly': [
    'none',
    'promtool would find fault with the metric waited_ms_total: only a counter ends in _total',
    'promtool would find fault with the metric waited_ms_total: units are written out, such as seconds and bytes',
  ],
  'never-shuts-down': ['none', 'onShutdown never answered'],
  'new-api': ['none', 'new-api is for plugin API 99, and this is plugin API 1'],
  'no-function': ['none', 'with valid options it does not start: plugin no-function taps onEvent without a function'],
  'no-plugin': ['none', 'this is no plugin'],
  nothing: ['none', 'this is no plugin'],
  'old-api': ['none', 'old-api is for plugin API 0, and this is plugin API 1'],
  picky: ['picky', 'it taps neither onEvent nor onFilter: it is never called'],
  'plain-object': ['none', 'this is no plugin'],
  'reads-no-header': ['none', 'slowDown takes milliseconds, and was given what is no number; nothing is waited for'],
  'rejects-the-batch': ['refuses', 'when its system refuses one event of a batch, 8 others are rejected with it'],
  'rejects-the-ordinary': ['none', 'an ordinary event was rejected (Normal Pulled): no warning'],
  'rejects-with-text': ['none', 'onEvent threw at a single event, though nothing was in its way: just a text'],
  'retries-by-itself': ['system', 'in one call of onEvent it asked its system 3 times, though the first time failed'],
  'sends-twice': ['system', 'the system got 5 events twice, though each was handed over once'],
  'sets-state-in-setup': ['none', 'state.set works only while a batch is handled: inside onEvent'],
  'setup-hangs': ['none', 'setup has not ended within 0.1 s'],
  sulks: ['none', 'onEvent did not end when its signal aborted, in the middle of a batch'],
  'swallows-errors': [
    'system',
    'onEvent acknowledged 20 events, and 20 of them never came to the system',
    'onEvent ended well while its system was in trouble: 20 events were acknowledged that the system does not have',
  ],
  'takes-any-option': [
    'wrong',
    'it starts with options that are wrong: {"url":"no address"}',
    'an option that it does not know passes unnoticed',
  ],
  'taps-nothing': ['none', 'it taps neither onEvent nor onFilter: it is never called'],
  'tells-its-secret': ['system', 'a secret shows in its log, errors or metrics: …sending {"authorization":"Bearer (the secret)"}…'],
  'throwing-schema': ['none', 'with valid options it does not start: schema out of order'],
  throws: ['none', 'onEvent threw at a single event, though nothing was in its way: always'],
  'throws-after-shutdown': ['none', 'an error was thrown where nobody waits for it: already closed'],
  'throws-at-shutdown': ['none', 'onShutdown threw: already closed'],
  'throws-in-setup': ['none', 'with valid options it does not start: the folder /nowhere does not exist'],
  'throws-later': [
    'none',
    'an error was thrown where nobody waits for it: in a promise',
    'an error was thrown where nobody waits for it: in a timer',
  ],
  'turns-batches-round': [
    'system',
    /^versions of one event came out of order: resourceVersion \d+6 before \d+1$/,
    /^after a failure, versions of one event came out of order/,
  ],
  'turns-retries-round': ['system', /^after a failure, versions of one event came out of order: resourceVersion \d+6 before \d+1$/],
  trouble: ['trouble', "onEvent threw at a single event, though nothing was in its way: ENOTDIR: not a directory, open '/dev/null/x'"],
}

/** Never gets as far as the kit. */
const unloadable = ['throws-on-import']

test('each plugin of test/bad-plugins has its row', () => {
  const files = readdirSync(folder).map(file => basename(file, '.ts'))
  assert.deepEqual([...Object.keys(sins), ...unloadable].sort(), files.sort())
})

test('nothing is wrong with a sink that does what it should', async () => {
  const good = definePlugin({
    name: 'good',
    apiVersion: 1,
    delivery: { maxAttempts: 5 },
    options,
    setup: (kec, { system }) => kec.hooks.onEvent.tapPromise('good', (batch, { signal }) => system.take(batch, signal)),
  })
  await conform(good, { options: () => FakeSystem.begin('refuses'), secrets: ['s3cret'], wrongOptions: [{ token: 'x' }, 7] as never[] })
})

/** What the kit says of a plugin. */
async function judge(name: string, subject: object): Promise<ConformanceError> {
  const { default: plugin } = await import(join(folder, `${name}.ts`))
  // Whatever it is: that is for the kit to say.
  const error: unknown = await conform(plugin as never, { patience: 100, ...subject } as never).then(
    () => assert.fail('it is content'),
    error => error,
  )
  assert.ok(error instanceof ConformanceError, String(error))
  return error
}

test('the trouble may be that the system hangs', async () => {
  const { silence: trouble, options } = FakeSystem.begin()
  const { findings } = await judge('ignores-signal', { options, trouble })
  assert.deepEqual(
    findings.map(({ seen }) => seen),
    ['onEvent did not end when its signal aborted, while its system was in trouble'],
  )
})

for (const [name, [subject, ...seen]] of Object.entries(sins))
  test(`${name}: is told`, async () => {
    const error = await judge(name, subjects[subject])
    assert.equal(error.findings.length, seen.length, error.message)
    for (const [i, expected] of seen.entries()) {
      const said = error.findings[i]?.seen ?? ''
      assert.ok(typeof expected === 'string' ? said === expected : expected.test(said), `${said} ≠ ${expected}`)
      assert.ok(error.message.includes(`  - ${said}\n    To mend it: ${error.findings[i]?.mend}`), error.message)
    }
  })
