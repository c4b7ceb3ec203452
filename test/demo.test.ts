import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { folderWith } from './folder.ts'
import { Command } from './kec.ts'
import { waitFor } from './wait-for.ts'

const root = join(import.meta.dirname, '..')

/** A `kec demo` in a pipe. */
class Demo extends Command {
  /** Where it may write. */
  readonly folder: string

  constructor(t: TestContext, ...args: readonly string[]) {
    const folder = folderWith(t, {})
    super(t, folder, ['demo', ...args])
    this.folder = folder
  }

  /** The `kec start` in it. */
  get inner(): string[] {
    const { stdout } = spawnSync('ps', ['-ww', '-eo', 'pid,args'], { encoding: 'utf8' }) // -ww: whatever COLUMNS is
    return stdout.split('\n').filter(line => line.includes(this.folder) && line.includes('kec.js start'))
  }
}

test('the demo: a sink is down, kec is killed, and the books balance', { timeout: 120_000 }, async t => {
  const demo = new Demo(t)
  await demo.until(() => demo.stdout.includes('kec goes on like this'))
  demo.signal('SIGINT')
  assert.equal(await demo.end(), 0, demo.stdout.slice(-2000) + demo.stderr)
  const [, versions, occurrences] = /written +(\d+) versions of \d+ events, (\d+) occurrences/.exec(demo.stdout) ?? []
  assert.ok(Number(versions) > 100, demo.stdout.slice(-2000))
  assert.match(demo.stdout, /nothing lost, nothing invented/)
  assert.match(demo.stdout, new RegExp(`log +${versions} delivered, ${occurrences} occurrences`))
  assert.match(demo.stdout, new RegExp(`metrics +${versions} delivered, ${occurrences} occurrences`))
  assert.match(demo.stdout, new RegExp(`webhook +${versions} delivered`))
  assert.match(demo.stdout, /despite +a sink that was down and a kill -9 of kec\n/)
  assert.match(demo.stdout, /kec: webhook: .*webhook answered 503/)
  assert.match(demo.stdout, /Warning BackOff, Pod \S+, \d+ times so far\n/)
  assert.match(demo.stdout, /sinks: log got \d+, 0 behind; metrics got \d+, 0 behind; webhook got \d+, [1-9]\d* behind/)
  assert.deepEqual([demo.stderr, demo.inner], ['', []])

  const [, folder = ''] = /What it wrote, in (.*)\n/.exec(demo.stdout) ?? []
  assert.ok(folder.startsWith(demo.folder))
  const lines = readFileSync(join(folder, 'events.log'), 'utf8').trimEnd().split('\n')
  assert.ok(lines.length >= Number(versions))
  for (const name of ['events.log', 'journal.db', 'kec.config.json', 'kubeconfig']) {
    assert.equal(statSync(join(folder, name)).mode & 0o077, 0, name)
  }
})

test('it ends by itself', { timeout: 120_000 }, async t => {
  const demo = new Demo(t, '--for', '1s')
  assert.equal(await demo.end(), 0, demo.stderr)
  assert.match(demo.stdout, /nothing lost, nothing invented/)
  assert.doesNotMatch(demo.stdout, /despite/)
})

test('the kec in it does not outlive a demo that is killed', { timeout: 120_000 }, async t => {
  const demo = new Demo(t)
  await demo.until(() => demo.stdout.includes('Normal') && demo.inner.length === 1)
  demo.signal('SIGKILL')
  await demo.end()
  await waitFor('the kec in it to end', () => demo.inner.length === 0)
})

test('a time that is none, and no place to write', { timeout: 120_000 }, async t => {
  const wrong = new Demo(t, '--for', 'ever')
  assert.equal(await wrong.end(), 2)
  assert.match(wrong.stderr, /^error KEC_USAGE: --for cannot be "ever"\.\n {2}It is a whole number above 0 and s, m, h or d/)
  const placeless = new Command(t, wrong.folder, ['demo'], { TMPDIR: join(wrong.folder, 'none') })
  assert.equal(await placeless.end(), 1)
  assert.match(placeless.stderr, /^error KEC_DEMO: There can be no folder for the demo: ENOENT.*\n {2}TMPDIR can name another place\.\n$/)
})

test("the demo's webhook is the plugin of the README", () => {
  const read = (file: string) => readFileSync(join(root, file), 'utf8')
  const withoutComments = (code: string) => code.replaceAll(/ \/\/ .*/g, '')
  const plugin = withoutComments(read('src/demo/webhook.ts'))
  for (const page of ['README.md', 'README.zh.md', 'plugin-api/README.md']) {
    const [, code = ''] = /```ts\n(import \{ definePlugin \}.*?)```/s.exec(read(page)) ?? []
    assert.equal(withoutComments(code), plugin, page)
  }
})
