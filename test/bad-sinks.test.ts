// A sink that does wrong, beside a good one, in a real `kec start`: the good one gets everything, and the log names the other.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Kec, linesOf, place } from './kec.ts'

const pluginOf = (name: string) => join(import.meta.dirname, 'bad-plugins', `${name}.ts`)

/** What kec's log says of each of them, and the exit code when it is stopped. */
const sinks: Readonly<Record<string, { says: readonly RegExp[]; never?: RegExp; code: number }>> = {
  throws: { says: [/always/], code: 0 },
  hangs: { says: [/has not answered within/], code: 1 },
  blocks: { says: [/^the thread was blocked for \d{3,} ms by blocks$/], code: 0 },
  'throws-later': {
    says: [/^plugin throws-later threw outside of .*: Error: in a timer/, /^plugin throws-later threw outside of .*: Error: in a promise/],
    code: 0,
  },
  'rejects-with-text': { says: [/just a text/], code: 0 },
  'calls-back-twice': { says: [/^second tap$/], never: /too late/, code: 0 },
  mutates: { says: [/^tried$/], never: /^changed$/, code: 0 },
}

for (const [name, { says, never, code }] of Object.entries(sinks))
  test(`${name}: the good sink gets everything, and ${name} is named`, { timeout: 120_000 }, async t => {
    const { sandbox, folder } = await place(t, { plugins: [pluginOf(name), { use: 'log', options: { file: 'events.log' } }] })
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
    assert.ok(never === undefined || !said(never), kec.stderr)
    const unanswered = kec.log.filter(({ message }) => message.startsWith('never answered')).map(({ message }) => message)
    assert.deepEqual(unanswered, code === 0 ? [] : [`never answered: ${name}; what they have not taken stays in the journal`])
    const waited = kec.log.some(({ message }) => /^still to deliver: /.test(message) && message.includes(`${name} `))
    assert.equal(waited, code === 1, 'a stop that takes long says for whom')
    assert.equal(kec.log.at(-1)?.message, 'stopped')
  })

for (const [name, reason] of [
  ['throws-in-setup', 'the folder /nowhere does not exist'],
  ['no-function', 'taps onEvent without a function'],
] as const)
  test(`${name}: a mistake of the configuration, before anything is read`, async t => {
    const { sandbox, folder } = await place(t, { plugins: ['log', pluginOf(name)] })
    const kec = new Kec(t, folder)
    assert.equal(await kec.end(), 2)
    assert.match(kec.stderr, /^error KEC_CONFIG/)
    const text = kec.stderr.replace(/\s+/g, ' ') // it is wrapped
    assert.ok(text.includes(`${name} refuses to start: `) && text.includes(reason), kec.stderr)
    assert.equal(kec.stdout, '')
    assert.equal(sandbox.watches.size, 0)
  })
