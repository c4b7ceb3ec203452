import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { LogFile, type LogFileOptions } from './log-file.ts'

let clock = new Date(2026, 0, 31, 12)
let said: string[] = []

function place(context: { after(work: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'kec-log-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function openIn(folder: string, more: Partial<LogFileOptions> = {}): Promise<LogFile> {
  const log = new LogFile({
    file: join(folder, 'events.log'),
    maxSize: 1_000_000,
    keepDays: 7,
    sync: false,
    warn: text => said.push(text),
    now: () => clock,
    ...more,
  })
  await log.prepare()
  return log
}

const today = 'events.20260131.log'

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
    for (const day of [1, 2]) {
      clock = new Date(2026, 1, day)
      await log.write(line('55'))
    }
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
        ['events.20260202.log', '55\n'],
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

  for (const [what, harm] of [
    ['the file was moved', folder => renameSync(join(folder, today), join(folder, 'moved'))],
    ['the file was deleted', folder => rmSync(join(folder, today))],
    ['the folder was deleted', folder => rmSync(folder, { recursive: true })],
    [
      'another file took its place',
      folder => {
        rmSync(join(folder, today))
        writeFileSync(join(folder, today), '')
      },
    ],
  ] as [string, (folder: string) => void][])
    test(`is made anew when ${what}`, async context => {
      const folder = join(place(context), 'new')
      const log = await openIn(folder)
      await log.write(line('1'))
      harm(folder)
      await log.write(line('2'))
      await log.close()
      assert.equal(read(folder, 'events.log'), '2\n')
    })

  test('gets its link back', async context => {
    const folder = place(context)
    const log = await openIn(folder)
    await log.write(line('1'))
    renameSync(join(folder, 'events.log'), join(folder, 'events.log.1'))
    await log.write(line('2'))
    await log.close()
    assert.equal(read(folder, 'events.log'), '1\n2\n')
  })

  test('has no hole after somebody emptied it', async context => {
    const folder = place(context)
    const log = await openIn(folder)
    await log.write(line('1'))
    truncateSync(join(folder, today))
    await log.write(line('2'))
    await log.close()
    assert.equal(read(folder, 'events.log'), '2\n')
  })

  test('what stands in the place of the link is not touched; when it is gone, the log goes on', async context => {
    const folder = place(context)
    const log = await openIn(folder)
    await log.write(line('1'))
    rmSync(join(folder, 'events.log'))
    writeFileSync(join(folder, 'events.log'), 'mine')
    await assert.rejects(log.write(line('2')), /cannot write the log file .*events\.log: a file is there and no link; move it away/)
    assert.equal(read(folder, 'events.log'), 'mine')
    rmSync(join(folder, 'events.log'))
    await log.write(line('2'))
    await log.close()
    assert.equal(read(folder, 'events.log'), '1\n2\n')
  })

  test('loses the half line that a crash left', async context => {
    const folder = place(context)
    writeFileSync(join(folder, 'events.20260131.log'), `whole\n${'x'.repeat(200_000)}`)
    const log = await openIn(folder)
    await log.write(line('next'))
    await log.close()
    assert.equal(read(folder, 'events.log'), 'whole\nnext\n')
  })

  test('can not be written: says so at start, and what to do', async context => {
    const folder = place(context)
    const refused = (more: Partial<LogFileOptions>, message: RegExp, fix: RegExp) =>
      assert.rejects(openIn(folder, more), (error: Error & { fix?: string }) => {
        assert.match(error.message, message)
        assert.match(error.fix ?? '', fix)
        return true
      })
    writeFileSync(join(folder, 'mine.log'), 'mine')
    await refused(
      { file: join(folder, 'mine.log') },
      /^cannot write the log file .*mine\.log: a file is there and no link; move it away/,
      /Give/,
    )
    await refused({ file: join(folder, 'mine.log/events.log') }, /(ENOTDIR|EEXIST)/, /Give a file in a folder that kec may write/)
    symlinkSync('mine.log', join(folder, 'link.log'))
    await refused({ file: join(folder, 'link.log') }, /it is a link to mine\.log, which kec has not made; remove it/, /Give/)
    symlinkSync('mine.log', join(folder, today))
    await refused({}, /ELOOP/, /Give/)
    assert.equal(read(folder, 'mine.log'), 'mine')
    assert.deepEqual(readdirSync(folder).sort(), [today, 'link.log', 'mine.log'].sort())
  })

  test('goes on when an old file cannot be removed', async context => {
    const folder = place(context)
    mkdirSync(join(folder, 'events.20200101.log'))
    said = []
    const log = await openIn(folder)
    await log.write(line('1'))
    await log.close()
    assert.equal(read(folder, 'events.log'), '1\n')
    assert.match(said.join(), /^cannot remove old log files: .*events\.20200101\.log/)
  })

  test('grows at its newest end, also when an older file has room', async context => {
    const folder = place(context)
    writeFileSync(join(folder, 'events.20260131.10.log'), 'x\n')
    writeFileSync(join(folder, 'events.20260131.9.log'), 'x\n')
    const log = await openIn(folder, { maxSize: 4 })
    for (const text of ['1', '2']) await log.write(line(text))
    await log.close()
    assert.equal(read(folder, 'events.20260131.10.log'), 'x\n1\n')
    assert.equal(read(folder, 'events.20260131.11.log'), '2\n')
    assert.equal(readlinkSync(join(folder, 'events.log')), 'events.20260131.11.log')
  })

  test('takes back what a failed write left of a line', { skip: process.platform === 'win32' ? 'there is no ulimit' : false }, context => {
    const folder = place(context)
    // A file may have 4 KiB at most: the third write comes to an end in its middle, as on a full disk.
    const program = `
      import { LogFile } from '${new URL('log-file.ts', import.meta.url)}'
      const log = new LogFile({ file: '${join(folder, 'events.log')}', maxSize: 1e6, keepDays: 7, sync: false, warn() {}, now: () => new Date(2026, 0, 31) })
      await log.prepare()
      for (const letter of ['a', 'b']) await log.write(Buffer.from(letter.repeat(1499) + '\\n'))
      await log.write(Buffer.from('c'.repeat(9) + '\\n' + 'c'.repeat(1499) + '\\n')).then(() => process.exit(3), error => console.log(error.message))
      await log.write(Buffer.from('d'.repeat(99) + '\\n'))`
    const { stdout, stderr, status } = spawnSync(
      'sh',
      ['-c', 'ulimit -f 8 && exec "$0" --input-type=module -e "$1"', process.execPath, program],
      {
        encoding: 'utf8',
      },
    )
    assert.deepEqual(
      [stdout, stderr, status],
      [`cannot write the log file ${join(folder, 'events.log')}: EFBIG: file too large, write\n`, '', 0],
    )
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
