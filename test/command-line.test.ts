// The command line as its user meets it: bin/kec.js in a process of its own.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

const root = join(import.meta.dirname, '..')
const cache = mkdtempSync(join(tmpdir(), 'kec-test-'))
const env = { ...process.env, XDG_CACHE_HOME: cache, FORCE_COLOR: undefined, NODE_OPTIONS: undefined }
after(() => rmSync(cache, { recursive: true }))

function kec(...argv: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['bin/kec.js', ...argv], { cwd: root, env, encoding: 'utf8' })
  return { status, stdout, stderr }
}

/** Runs a few lines that import from src/ in a process of their own. */
function program(source: string): { status: number | null; stdout: string; stderr: string } {
  const args = ['--input-type=module-typescript', '--eval', source]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, env, encoding: 'utf8' })
  return { status, stdout, stderr }
}

test('kec --version says what package.json says', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  assert.deepEqual(kec('--version'), { status: 0, stdout: `${version}\n`, stderr: '' })
})

test('kec alone and kec --help list every command, on stdout', () => {
  const help = kec()
  assert.equal(help.status, 0)
  assert.equal(help.stderr, '')
  for (const command of ['start', 'generate']) assert.match(help.stdout, new RegExp(`^ {2}${command} `, 'm'))
  assert.deepEqual(kec('--help'), help)
})

test('every flag of every command is described, with examples', () => {
  for (const command of ['start', 'generate']) {
    const { stdout } = kec(command, '--help')
    assert.match(stdout, /\nExamples:\n/)
    // An option without a description would stand nowhere in the help, and its flag would be called unknown.
    const source = readFileSync(join(root, `src/commands/${command}.ts`), 'utf8')
    const flags = [...source.matchAll(/Option\.\w+\(\s*'([^']+)'/g)].map(match => match[1]?.replace(',', ', '))
    assert.ok(flags.length >= 6)
    for (const flag of flags) assert.match(stdout, new RegExp(`^ {2}${flag}\\b.* {2}\\w`, 'm'))
  }
})

test("every command's help: on 80 columns, with examples, each flag with what it does", () => {
  const commands = ['start', 'status', 'tail', 'verify', 'replay', 'generate', 'demo', 'sandbox', 'plugin list', 'plugin create']
  const letters = ['list', 'show', 'redrive', 'discard'].map(word => `dead-letters ${word}`)
  for (const command of [...commands, ...letters]) {
    const { status, stdout } = kec(...command.split(' '), '--help')
    assert.equal(status, 0)
    for (const line of stdout.split('\n')) assert.ok(line.length <= 80, `${command}: ${line}`)
    assert.match(stdout, /\nExamples:\n/)
    const [, flags = ''] = /\nFlags:\n(.*?)\n\n/s.exec(stdout) ?? []
    for (const line of flags.split('\n')) assert.match(line, /^ {2}-.* {2}\w|^ {10,}\S/, `${command}: ${line}`)
  }
})

test('a typing mistake: stderr, exit code 2, no colour in a pipe', () => {
  const wrong = kec('strat')
  assert.equal(wrong.status, 2)
  assert.equal(wrong.stdout, '')
  assert.equal(wrong.stderr, 'error KEC_USAGE: There is no command "strat". Did you mean start?\n  kec --help lists the commands.\n')
  const flag = kec('generate', '--reson', 'x')
  assert.equal(flag.status, 2)
  assert.match(flag.stderr, /^error KEC_USAGE: kec generate has no flag --reson\. Did you mean --reason\?\n {2}Usage: kec generate \[/)
})

test('a reader of stdout that has gone is no error', async () => {
  const args = ['--input-type=module-typescript', '--eval']
  const source = `
    import { catchStrays, outliveReaders } from './src/strays.ts'
    catchStrays()
    outliveReaders()
    process.stdin.on('end', () => {
      process.stdout.write('to nobody', () => setImmediate(() => console.error('went on')))
    }).resume()`
  const child = spawn(process.execPath, [...args, source], { cwd: root, env, stdio: 'pipe' })
  child.stdout.destroy()
  await once(child.stdout, 'close')
  child.stdin.end()
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', text => {
    stderr += text
  })
  const [code] = await once(child, 'close')
  assert.deepEqual({ code, stderr }, { code: 0, stderr: 'went on\n' })
})

test('what nobody caught is shown once, and kec exits with 1', () => {
  for (const lost of ["Promise.reject(new Error('lost'))", "setImmediate(() => { throw new Error('lost') })"]) {
    const { status, stderr } = program(`
      import { catchStrays } from './src/strays.ts'
      catchStrays()
      setInterval(() => {}, 1e6)
      ${lost}`)
    assert.equal(status, 1)
    assert.match(stderr, /^error: this is a bug in kec.*\n {2}Error: lost/)
    assert.equal(stderr.split('this is a bug').length, 2)
  }
})

test('what is secret is not in the error that nobody caught', () => {
  const { status, stderr } = program(`
    import { maskReports } from './src/report.ts'
    import { catchStrays } from './src/strays.ts'
    catchStrays()
    maskReports(text => text.replaceAll('hunter' + '2', '***'))
    throw new Error('wrong password hunter' + 2)`)
  assert.equal(status, 1)
  assert.match(stderr, /Error: wrong password \*\*\*/)
  assert.doesNotMatch(stderr, /hunter2/)
})

test('whoever deals with a stray error still knows whose it was, and kec goes on', () => {
  const { status, stdout, stderr } = program(`
    import { AsyncLocalStorage } from 'node:async_hooks'
    import { catchStrays, onStray } from './src/strays.ts'
    const plugin = new AsyncLocalStorage<string>()
    catchStrays()
    onStray(error => {
      console.log(plugin.getStore(), String(error))
      return true
    })
    plugin.run('alpha', () => setTimeout(() => { throw new Error('thrown') }))
    plugin.run('beta', () => setTimeout(() => Promise.reject(new Error('rejected')), 5))
    setTimeout(() => console.log('went on'), 10)`)
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' })
  assert.deepEqual(stdout.split('\n'), ['alpha Error: thrown', 'beta Error: rejected', 'went on', ''])
})
