import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { describe, test } from 'node:test'
import type { KubeEvent } from '@kec/plugin-api'
import { fields, formatBatch } from './line.ts'
import { LogFile, type LogFileOptions } from './log-file.ts'
import { writeTo } from './stream.ts'

const event: KubeEvent = {
  id: 'c/u/7',
  cluster: { name: 'prod', uid: 'c' },
  uid: 'u',
  resourceVersion: '7',
  change: 'updated',
  historical: false,
  type: 'Warning',
  reason: 'BackOff',
  action: '',
  message: 'Back-off restarting',
  count: 3,
  occurrences: 2,
  time: '2026-01-31T10:00:00Z',
  firstTime: undefined,
  lastTime: undefined,
  namespace: 'shop',
  name: 'web.17',
  labels: {},
  annotations: {},
  regarding: { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'web', uid: 'p', fieldPath: '' },
  related: undefined,
  reporting: { controller: 'kubelet', instance: 'node-2' },
  source: { component: 'kubelet', host: '' },
  raw: {},
}

describe('a line', () => {
  test('has the fields, in their order', () => {
    assert.equal(
      formatBatch([event], undefined).toString(),
      '{"timestamp":"2026-01-31T10:00:00Z","level":"warn","message":"Back-off restarting","name":"web","reason":"BackOff","host":"node-2",' +
        '"kind":"Pod","event_level":"Warning","count":3,"namespace":"shop","id":"c/u/7","uid":"u","resource_version":"7","change":"updated",' +
        '"occurrences":2,"historical":false,"cluster":"prod"}\n',
    )
    assert.deepEqual(Object.keys(JSON.parse(formatBatch([event], undefined).toString())), [...fields])
  })

  test('has only the fields that were chosen', () => {
    assert.equal(formatBatch([event, event], ['reason', 'count']).toString(), '{"reason":"BackOff","count":3}\n'.repeat(2))
  })

  test('is one line, and harmless on a terminal, whatever the event says', () => {
    const hostile = 'a\nb\r\u001b[2J\u009b2J\u007f\u2028\u2029\u0000"\\<script>__proto__ 值班'
    const bytes = formatBatch([{ ...event, message: hostile, reason: hostile }], undefined)
    const text = bytes.toString()
    assert.equal(text.split('\n').length, 2)
    assert.doesNotMatch(text.trimEnd(), /[\p{Cc}\u2028\u2029]/u)
    assert.equal(JSON.parse(text).message, hostile)
  })
})

let clock = new Date(2026, 0, 31, 12)

function place(context: { after(work: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'kec-log-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function openIn(folder: string, more: Partial<LogFileOptions> = {}): Promise<LogFile> {
  const log = new LogFile({ file: join(folder, 'events.log'), maxSize: 1_000_000, keepDays: 7, sync: false, now: () => clock, ...more })
  await log.prepare()
  return log
}

const line = (text: string) => Buffer.from(`${text}\n`)
const read = (folder: string, name: string) => readFileSync(join(folder, name), 'utf8')

describe('the file', () => {
  test('is behind a link, for its owner only, and written on after a restart', async context => {
    const folder = join(place(context), 'new')
    const first = await openIn(folder)
    await first.write(line('1'))
    await first.close()
    const second = await openIn(folder, { sync: true })
    await second.write(line('2'))
    await second.close()
    assert.equal(readlinkSync(join(folder, 'events.log')), 'events.20260131.log')
    assert.equal(read(folder, 'events.log'), '1\n2\n')
    assert.equal(statSync(join(folder, 'events.log')).mode & 0o777, 0o600)
    assert.equal(statSync(folder).mode & 0o777, 0o700)
  })

  test('is followed by another one by day and by size', async context => {
    const folder = place(context)
    const log = await openIn(folder, { maxSize: 6 })
    for (const text of ['11', '22', '33', '44444444']) await log.write(line(text))
    clock = new Date(2026, 1, 1)
    await log.write(line('55'))
    await log.close()
    assert.deepEqual(
      readdirSync(folder)
        .filter(name => name !== 'events.log')
        .sort()
        .map(name => [name, read(folder, name)]),
      [
        ['events.20260131.1.log', '33\n'],
        ['events.20260131.2.log', '44444444\n'],
        ['events.20260131.log', '11\n22\n'],
        ['events.20260201.log', '55\n'],
      ],
    )
    assert.equal(read(folder, 'events.log'), '55\n')
    clock = new Date(2026, 0, 31, 12)
  })

  test('is kept for so many days; what others made stays', async context => {
    const folder = place(context)
    const others = ['events.20200101.log.gz', 'other.20200101.log', 'events.2020.log', 'events.log.20200101']
    for (const name of [...others, 'events.20260123.log', 'events.20260123.4.log', 'events.20260124.log'])
      writeFileSync(join(folder, name), '')
    const log = await openIn(folder)
    await log.close()
    assert.deepEqual(readdirSync(folder).sort(), [...others, 'events.20260124.log', 'events.20260131.log', 'events.log'].sort())
  })

  for (const [what, remove] of [
    ['moved', (path: string) => renameSync(path, `${path}.moved`)],
    ['deleted', (path: string) => rmSync(path)],
  ] as const)
    test(`is made anew when it was ${what}`, async context => {
      const folder = place(context)
      const log = await openIn(folder)
      await log.write(line('1'))
      remove(join(folder, 'events.20260131.log'))
      await log.write(line('2'))
      await log.close()
      assert.equal(read(folder, 'events.log'), '2\n')
    })

  test('loses the half line that a crash left', async context => {
    const folder = place(context)
    writeFileSync(join(folder, 'events.20260131.log'), `whole\n${'x'.repeat(200_000)}`)
    const log = await openIn(folder)
    await log.write(line('next'))
    await log.close()
    assert.equal(read(folder, 'events.log'), 'whole\nnext\n')
  })

  test('can not be written: says so at start', async context => {
    const folder = place(context)
    writeFileSync(join(folder, 'events.log'), 'mine')
    await assert.rejects(openIn(folder), /cannot write the log file .*events\.log: it is there and is no link; move it away/)
    assert.equal(read(folder, 'events.log'), 'mine')
    writeFileSync(join(folder, 'file'), '')
    await assert.rejects(openIn(join(folder, 'file')), /cannot write the log file .*(ENOTDIR|EEXIST)/)
  })

  test('takes back what a failed write left of a line', { skip: process.platform === 'win32' ? 'there is no ulimit' : false }, context => {
    const folder = place(context)
    // A file may have 4 KiB at most: the third write comes to an end in its middle, as on a full disk.
    const program = `
      import { LogFile } from '${new URL('log-file.ts', import.meta.url)}'
      const log = new LogFile({ file: '${join(folder, 'events.log')}', maxSize: 1e6, keepDays: 7, sync: false, now: () => new Date(2026, 0, 31) })
      await log.prepare()
      for (const letter of ['a', 'b']) await log.write(Buffer.from(letter.repeat(1499) + '\\n'))
      await log.write(Buffer.from('c'.repeat(1499) + '\\n')).then(() => process.exit(3), error => console.log(error.code))
      await log.write(Buffer.from('d'.repeat(99) + '\\n'))`
    const { stdout, stderr, status } = spawnSync(
      'sh',
      ['-c', 'ulimit -f 8 && exec "$0" --input-type=module -e "$1"', process.execPath, program],
      {
        encoding: 'utf8',
      },
    )
    assert.deepEqual([stdout, stderr, status], ['EFBIG\n', '', 0])
    assert.deepEqual(
      read(folder, 'events.20260131.log')
        .split('\n')
        .map(text => [text[0], text.length]),
      [
        ['a', 1499],
        ['b', 1499],
        ['d', 99],
        [undefined, 0],
      ],
    )
  })
})

test('a stream that is gone is an error, not a crash', async () => {
  const stream = new PassThrough()
  stream.on('error', () => undefined)
  await writeTo(stream, line('1'))
  stream.destroy(new Error('gone'))
  await assert.rejects(writeTo(stream, line('2')))
})
