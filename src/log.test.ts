import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { formFor, type KecLog, type LogSettings, openLog } from './log.ts'

/** What is in the file right after the calls, without waiting: each line is written before its call returns. */
function written(settings: Partial<LogSettings>, use: (log: KecLog) => void): string {
  const folder = mkdtempSync(join(tmpdir(), 'kec-log-'))
  const path = join(folder, 'log')
  const fd = openSync(path, 'w')
  try {
    use(openLog({ level: 'info', form: 'json', colour: false, fd, ...settings }))
    return readFileSync(path, 'utf8')
  } finally {
    closeSync(fd)
    rmSync(folder, { recursive: true })
  }
}

const objects = (text: string): Record<string, unknown>[] =>
  text
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))

const hunter = (text: string): string => text.replaceAll('hunter2', '***')

test('in a pipe each line is an object: time, level, message and fields', () => {
  const lines = objects(written({}, log => log.info('hello', { n: 1, deep: { list: [1, 2n] } })))
  assert.equal(lines.length, 1)
  const { timestamp, ...rest } = lines[0] ?? {}
  assert.match(String(timestamp), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  assert.deepEqual(rest, { level: 'info', message: 'hello', n: 1, deep: { list: [1, '2'] } })
})

test('what is below the level is not written', () => {
  const all = (log: KecLog): void => {
    for (const level of ['debug', 'info', 'warn', 'error'] as const) log[level](level)
  }
  const levels = (level: LogSettings['level']) => objects(written({ level }, all)).map(line => line.level)
  assert.deepEqual(levels('debug'), ['debug', 'info', 'warn', 'error'])
  assert.deepEqual(levels('warn'), ['warn', 'error'])
})

test('a child adds its fields, and no line can pass for another plugin or level', () => {
  const text = written({}, log =>
    log.child({ plugin: 'mail' }).child({ sink: 1 }).warn('hm', { plugin: 'other', level: 'info', message: 'x' }),
  )
  const [line] = objects(text)
  assert.partialDeepStrictEqual(line, { plugin: 'mail', sink: 1, level: 'warn', level_: 'info', message: 'hm', message_: 'x' })
  assert.equal(text.split('"plugin"').length, 2)
})

test('secrets are masked in messages, fields, keys, errors and children, in both forms', () => {
  for (const form of ['json', 'readable'] as const) {
    const text = written({ form, mask: hunter }, log => {
      const child = log.child({ token: 'hunter2' })
      const error = new Error('hunter2', { cause: new Error('hunter2') })
      child.error('password hunter2', { hunter2: ['hunter2', { deep: 'hunter2' }], error })
    })
    assert.doesNotMatch(text, /hunter2/)
    assert.ok(text.split('***').length >= 8)
  }
})

test('a secret that JSON would escape is masked too', () => {
  const secret = 'quo"te\\and\nline'
  const text = written({ mask: text => text.replaceAll(secret, '***') }, log => log.info(`a ${secret}`, { b: secret }))
  assert.partialDeepStrictEqual(objects(text)[0], { message: 'a ***', b: '***' })
})

test('on a terminal: time, level, message, fields; the causes of an error; its stack at level error only', () => {
  const error = new TypeError('fetch failed', { cause: Object.assign(new Error(''), { code: 'ECONNREFUSED' }) })
  const use = (log: KecLog): void => {
    log.info('Watching', { server: 'https://[::1]:6443', what: 'two words', empty: '' })
    log.warn('again', { error })
    log.error('bug', { error })
  }
  const lines = written({ form: 'readable' }, use).split('\n')
  assert.match(lines[0] ?? '', /^\d\d:\d\d:\d\d INFO {2}Watching {2}server=https:\/\/\[::1\]:6443 what="two words" empty=""$/)
  assert.match(lines[1] ?? '', / WARN {2}again {2}error="TypeError: fetch failed \(Error: ECONNREFUSED\)"$/)
  assert.match(lines[2] ?? '', / ERROR bug {2}error=/)
  assert.match(lines[3] ?? '', /^ {4}at .*log\.test\.ts/)
})

test('hostile text moves no cursor and makes no line', () => {
  const hostile = fc.string({
    unit: fc.constantFrom('a', '\n', '\r', '\u001b[31m', '\u009b', '\u202e', '\u2028', '"', '\\', '{'),
    maxLength: 20,
  })
  fc.assert(
    fc.property(hostile, hostile, hostile, (message, key, value) => {
      for (const form of ['json', 'readable'] as const) {
        const text = written({ form }, log =>
          log.error(message, { [key]: value, error: Object.assign(new Error(value), { stack: 'none' }) }),
        )
        assert.match(text, /^[^\p{Cc}\u202e\u2028]*\n$/u)
      }
    }),
    { numRuns: 50 },
  )
})

test('colours are for terminals only, and NO_COLOR turns them off', () => {
  assert.deepEqual(formFor({ isTTY: true }, {}), { form: 'readable', colour: true })
  assert.deepEqual(formFor({ isTTY: true }, { NO_COLOR: '1' }), { form: 'readable', colour: false })
  assert.deepEqual(formFor({ isTTY: true }, { TERM: 'dumb' }), { form: 'readable', colour: false })
  assert.deepEqual(formFor({}, {}), { form: 'json', colour: false })
  const warned = (colour: boolean): string => written({ form: 'readable', colour }, log => log.warn('x'))
  assert.ok(warned(true).includes('\u001b[33mWARN'))
  assert.ok(!warned(false).includes('\u001b'))
})

test('fields that cannot be logged harm nobody: circles, getters that throw, no object, endless text', () => {
  const circle: Record<string, unknown> = {}
  circle.self = circle
  const bad = { get x(): never { throw new Error('no') } } // biome-ignore format: one line says it
  const lines = objects(
    written({}, log => {
      log.info('circle', circle)
      log.info('getter', bad)
      log.info('error', new Error('as fields') as never) // what a plugin in JavaScript may do
      log.info('x'.repeat(1_000_000), { y: 'y'.repeat(1_000_000) })
    }),
  )
  assert.equal(lines.length, 4)
  assert.partialDeepStrictEqual(lines[0], { message: 'circle', self: { self: { self: {} } } })
  assert.partialDeepStrictEqual(lines[2], { value: { message: 'as fields' } })
  assert.ok(JSON.stringify(lines[3]).length < 21_000)
})

test('a full disk stops nothing', { skip: process.platform !== 'linux' && 'there is no /dev/full' }, () => {
  const fd = openSync('/dev/full', 'w')
  const log = openLog({ level: 'info', form: 'json', colour: false, fd })
  for (let i = 0; i < 10; i++) log.info('x'.repeat(1000))
  closeSync(fd)
})

const source = (lines: number): string => `
  import { openLog } from './src/log.ts'
  const log = openLog({ level: 'info', form: 'json', colour: false })
  process.stdin.on('end', () => {
    for (let i = 0; i < ${lines}; i++) log.info('line', { i, padding: 'x'.repeat(1000) })
    console.log('went on')
    process.exit(3)
  }).resume()`

function program(lines: number) {
  const args = ['--input-type=module-typescript', '--eval', source(lines)]
  return spawn(process.execPath, args, { cwd: join(import.meta.dirname, '..'), stdio: 'pipe' })
}

test('nothing is lost at process.exit, though its reader is slower than kec', async () => {
  const child = program(2000)
  let text = ''
  child.stderr.setEncoding('utf8')
  child.stdin.end()
  for await (const piece of child.stderr) text += piece
  assert.equal(objects(text).length, 2000)
  assert.equal(objects(text).at(-1)?.i, 1999)
})

test('a log whose reader has gone stops nothing', async () => {
  const child = program(2000)
  child.stderr.destroy()
  await once(child.stderr, 'close')
  child.stdin.end()
  let text = ''
  for await (const piece of child.stdout.setEncoding('utf8')) text += piece
  assert.equal(text, 'went on\n')
  assert.equal(child.exitCode ?? (await once(child, 'exit'))[0], 3)
})
