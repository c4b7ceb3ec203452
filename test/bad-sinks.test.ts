// A sink that does wrong, beside a good one, in a real `kec start`: the good one gets everything, and the log names the other.
import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { Kec, linesOf, ownPort, place } from './kec.ts'
import { waitFor } from './wait-for.ts'

const folders = ['bad-plugins', 'harmful-plugins'].map(folder => join(import.meta.dirname, folder))
const pluginOf = (name: string) => folders.map(folder => join(folder, `${name}.ts`)).find(existsSync) ?? assert.fail(name)
const stray = (name: string, what: string) =>
  new RegExp(`^plugin (.*/)?${name}(\\.ts)? threw outside of its promises; kec goes on: ${what}`)

/** What kec's log says of each of them, and the exit code when it is stopped. */
const sinks: Readonly<Record<string, { says: readonly RegExp[]; never?: RegExp; code: number; atEnd?: RegExp; unanswered?: true }>> = {
  throws: { says: [/always/], code: 0 },
  hangs: { says: [/has not answered within/], code: 1, unanswered: true },
  blocks: { says: [/^the thread was blocked for \d{3,} ms by blocks$/], code: 0 },
  'throws-later': {
    says: [/^plugin throws-later threw outside of .*: Error: in a timer/, /^plugin throws-later threw outside of .*: Error: in a promise/],
    code: 0,
  },
  'rejects-with-text': { says: [/just a text/], code: 0 },
  'calls-back-twice': { says: [/^second tap$/], never: /too late/, code: 0 },
  mutates: { says: [/^tried$/], never: /^changed$/, code: 0 },
  'taps-nothing': { says: [/^the plugin taps no hook: it will never be called$/], code: 0 },
  'exits-everywhere': {
    says: [
      /exits-everywhere called process\.exit\(3\), which would end kec for all sinks/,
      stray('exits-everywhere', 'Error: exits-everywhere called process\\.exit\\(4\\)'),
      stray('exits-everywhere', 'Error: /.*/exits-everywhere\\.ts called process\\.exit\\(5\\)'),
    ],
    code: 0,
  },
  'closes-stdout': {
    says: ['stdout', 'stderr'].flatMap(stream =>
      ['end', 'destroy'].map(method =>
        stray('closes-stdout', `Error: closes-stdout called process\\.${stream}\\.${method}\\(\\), which all`),
      ),
    ),
    code: 0,
  },
  'filters-badly': {
    says: [
      /^onFilter threw, and the event is kept: Error: cannot judge this$/,
      /^onFilter threw, and the event is kept: Error: filters-badly called process\.exit\(3\)/,
      stray('filters-badly', 'Error: filters-badly called process\\.exit\\(4\\)'),
    ],
    code: 0,
  },
  'throws-everywhere': {
    says: [
      'Error: while it was loaded',
      'Error: beside the setup',
      'Error: in a microtask',
      'Error: \\[Object: null',
      'Error: connect ENOENT',
    ].map(what => stray('throws-everywhere', what)),
    code: 0,
  },
  'shuts-down-badly': {
    says: [],
    atEnd: /^onShutdown threw: shuts-down-badly called process\.exit\(0\), which would end kec for all sinks$/,
    code: 1,
  },
  'blocks-long': {
    // In its setup, and at its first batch for 3 s.
    says: [/ blocked for (\d{3}|[12]\d{3}) ms by blocks-long$/, / blocked for ([3-9]\d{3}|\d{5,}) ms by blocks-long$/],
    code: 0,
  },
}

// Side by side: some wait for kec's own time limits.
describe('a plugin that does wrong', { concurrency: 3 }, () => {
  for (const [name, { says, never, code, atEnd, unanswered = false }] of Object.entries(sinks))
    test(`${name}: the good sink gets everything, and ${name} is named`, { timeout: 120_000 }, async t => {
      const { sandbox, folder } = await place(t, {
        plugins: [pluginOf(name), { use: 'log', options: { file: 'events.log' } }, { use: 'log', name: 'stdout' }],
      })
      const kec = new Kec(t, folder)
      await kec.until(() => sandbox.watches.size === 1)
      const file = join(folder, 'events.log')
      const got = () => (existsSync(file) ? linesOf(readFileSync(file, 'utf8')).map(({ message }) => message) : [])
      const written: string[] = []
      // In waves: what came after the wrong is delivered as well.
      for (let wave = 1; wave <= 3; wave++) {
        for (let n = 1; n <= 20; n++) {
          const message = `${wave}-${n}`
          written.push(message)
          sandbox.store.create({ metadata: { name: `e-${message}`, labels: { app: 'web' } }, message })
        }
        await kec.until(() => got().length >= written.length)
      }
      const said = (message: RegExp) => kec.log.some(line => message.test(line.message) && JSON.stringify(line).includes(name))
      for (const message of says) await kec.until(() => said(message))
      kec.signal('SIGTERM')
      assert.equal(await kec.end(), code, kec.stderr)
      assert.deepEqual(got(), written)
      assert.deepEqual(
        linesOf(kec.stdout).map(({ message }) => message),
        written,
      )
      assert.ok(never === undefined || !said(never), kec.stderr)
      assert.ok(atEnd === undefined || said(atEnd), kec.stderr)
      const silent = kec.log.filter(({ message }) => message.startsWith('never answered')).map(({ message }) => message)
      assert.deepEqual(silent, unanswered ? [`never answered: ${name}; what they have not taken stays in the journal`] : [])
      const waited = kec.log.some(({ message }) => /^still to deliver: /.test(message) && message.includes(`${name} `))
      assert.equal(waited, unanswered, 'a stop that takes long says for whom')
      assert.equal(kec.log.at(-1)?.message, 'stopped')
    })

  for (const [name, reason] of [
    ['throws-in-setup', 'throws-in-setup refuses to start: the folder /nowhere does not exist'],
    ['no-function', 'no-function refuses to start: plugin no-function taps onEvent without a function'],
    ['exits-in-setup', 'exits-in-setup refuses to start: exits-in-setup called process.exit(3), which would end kec for all sinks'],
    ['setup-hangs', 'setup-hangs refuses to start: its setup has not ended within 30 s'],
    ['throws-on-import', 'throws-on-import.ts:2): throws as it is loaded: no database here'],
    ['exits-on-import', /exits-on-import\.ts:4\): throws as it is loaded: \/.*exits-on-import\.ts called process\.exit\(3\)/],
  ] as const)
    test(`${name}: a mistake of the configuration, before anything is read`, { timeout: 120_000 }, async t => {
      const { sandbox, folder } = await place(t, { plugins: ['log', pluginOf(name)] })
      const kec = new Kec(t, folder)
      assert.equal(await kec.end(), 2)
      assert.match(kec.stderr, /^error KEC_CONFIG/m)
      const text = kec.stderr.replace(/\s+/g, ' ') // it is wrapped
      assert.ok(typeof reason === 'string' ? text.includes(reason) : reason.test(text), kec.stderr)
      assert.equal(kec.stdout, '')
      assert.equal(sandbox.watches.size, 0)
    })

  test('spins: kec stands still; killed, and started without it, it delivers all', { timeout: 120_000 }, async t => {
    const good = { use: 'log', options: { file: 'events.log' } }
    const { sandbox, folder } = await place(t, { plugins: [pluginOf('spins'), good] })
    const kec = new Kec(t, folder)
    await kec.until(() => sandbox.watches.size === 1)
    sandbox.store.create({ metadata: { name: 'first' }, message: 'first' })
    const url = String(kec.log.find(({ metrics }) => metrics !== undefined)?.metrics).replace('/metrics', '/healthz')
    // What kubelet finds: then it ends kec, and starts it again.
    await waitFor('no answer', () =>
      fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
        () => false,
        () => true,
      ),
    )
    sandbox.store.create({ metadata: { name: 'second' }, message: 'second' })
    kec.signal('SIGKILL')
    await kec.end()
    writeFileSync(join(folder, 'kec.config.json'), JSON.stringify({ ...ownPort, plugins: [good] }))
    const next = new Kec(t, folder)
    const file = join(folder, 'events.log')
    await next.until(() => existsSync(file) && linesOf(readFileSync(file, 'utf8')).some(({ message }) => message === 'second'))
    next.signal('SIGTERM')
    assert.equal(await next.end(), 0)
    const got = new Set(linesOf(readFileSync(file, 'utf8')).map(({ message }) => message))
    assert.deepEqual([...got], ['first', 'second'])
  })
})
